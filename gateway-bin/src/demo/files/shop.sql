-- A small shop: everything in it was made up for the demo.
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;

CREATE TABLE customers (
  id      INT UNSIGNED PRIMARY KEY AUTO_INCREMENT,
  name    VARCHAR(80)  NOT NULL,
  city    VARCHAR(60)  NOT NULL,
  email   VARCHAR(120) NOT NULL,
  phone   VARCHAR(30)  NOT NULL,
  ssn     CHAR(11)     NULL,
  joined  DATE         NOT NULL
) ENGINE=InnoDB;

CREATE TABLE orders (
  id           INT UNSIGNED PRIMARY KEY AUTO_INCREMENT,
  customer_id  INT UNSIGNED  NOT NULL,
  placed       DATETIME      NOT NULL,
  status       VARCHAR(20)   NOT NULL,
  total        DECIMAL(10,2) NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (id)
) ENGINE=InnoDB;

CREATE TABLE payments (
  id        INT UNSIGNED PRIMARY KEY AUTO_INCREMENT,
  order_id  INT UNSIGNED  NOT NULL,
  card      CHAR(19)      NOT NULL,
  amount    DECIMAL(10,2) NOT NULL,
  paid      DATETIME      NOT NULL,
  FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB;

INSERT INTO customers (name, city, email, phone, ssn, joined) VALUES
  ('Amara Osei',      'Accra',     'amara.osei@example.com',    '+233 20 555 0101', '078-05-1120', '2024-02-11'),
  ('Bo Lindqvist',    'Uppsala',   'bo.lindqvist@example.com',  '+46 18 555 0102',  '219-09-9999', '2024-03-02'),
  ('Chiara Bianchi',  'Torino',    'chiara.b@example.org',      '+39 011 555 0103', NULL,          '2024-05-19'),
  ('Dev Patel',       'Leicester', 'dev.patel@example.net',     '+44 116 555 0104', '457-55-5462', '2024-06-30'),
  ('Emilia Sanchez',  'Sevilla',   'emilia.s@example.com',      '+34 954 555 0105', '123-45-6789', '2024-08-08'),
  ('Finn O''Brien',   'Galway',    'finn.obrien@example.org',   '+353 91 555 0106', NULL,          '2024-11-23'),
  ('Grace Nakamura',  'Osaka',     'grace.n@example.net',       '+81 6 5555 0107',  '987-65-4320', '2025-01-14');

INSERT INTO orders (customer_id, placed, status, total) VALUES
  (1, '2025-03-01 09:12:00', 'shipped',   129.90),
  (1, '2025-04-17 18:40:10', 'shipped',    24.50),
  (2, '2025-03-09 11:05:33', 'returned',   89.00),
  (4, '2025-05-02 07:58:21', 'shipped',   412.75),
  (5, '2025-05-20 20:15:00', 'open',       58.20),
  (6, '2025-06-11 13:31:47', 'open',        9.99),
  (7, '2025-06-12 16:02:05', 'shipped',   230.00);

INSERT INTO payments (order_id, card, amount, paid) VALUES
  (1, '4111 1111 1111 1111', 129.90, '2025-03-01 09:13:10'),
  (2, '4111 1111 1111 1111',  24.50, '2025-04-17 18:41:02'),
  (3, '5500 0000 0000 0004',  89.00, '2025-03-09 11:06:00'),
  (4, '3400 0000 0000 009',  412.75, '2025-05-02 07:59:12'),
  (7, '6011 0000 0000 0004', 230.00, '2025-06-12 16:03:30');
