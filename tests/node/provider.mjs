// A real OpenID Connect provider: client_credentials for a few agents, JWT access tokens with `groups`.
//
// Called with a JSON file: {certificate, key, audience, agents: {NAME: {secret, groups}}}.
// Says `listening URL` once it serves.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));

const signingKey = (kid, alg, made) => ({ ...made.privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' });
const jwks = {
  keys: [
    signingKey('rsa-1', 'RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })),
    signingKey('ec-1', 'ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  ],
};

// The resource indicator of the request chooses the algorithm, so that tests see more than one.
const resourceServer = (resource) => ({
  scope: '',
  audience: settings.audience,
  accessTokenFormat: 'jwt',
  accessTokenTTL: 600,
  jwt: { sign: { alg: resource.endsWith('/es256') ? 'ES256' : 'RS256' } },
});

const configuration = {
  jwks,
  clients: Object.entries(settings.agents).map(([name, agent]) => ({
    client_id: name,
    client_secret: agent.secret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  })),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource) => resourceServer(resource),
    },
  },
  extraTokenClaims: (_context, token) => ({ groups: settings.agents[token.clientId].groups }),
};

const server = createServer({ cert: readFileSync(settings.certificate), key: readFileSync(settings.key) });
server.listen(0, '127.0.0.1', () => {
  const issuer = `https://127.0.0.1:${server.address().port}`;
  server.on('request', new Provider(issuer, configuration).callback());
  console.log(`listening ${issuer}`);
});
