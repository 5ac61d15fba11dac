"""The servers of the suites, with their databases."""

from open_world import OpenWorld

from suites import SUITES


class World(OpenWorld):
    def __init__(self, kind, folder):
        routines = [routine for suite in SUITES.values() for routine in suite["routines"]]
        super().__init__(kind, folder, routines)

    def make_databases(self, suite):
        """Empty ones, so that no run finds what the one before left behind."""
        for database in SUITES[suite]["databases"]:
            self.server.run(f"DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database}")
