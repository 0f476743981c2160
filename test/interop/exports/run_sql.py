"""Runs queries that give no row where all is well: run_sql.py ENGINE FILE…; prints the rows of those that give some."""

import json
import sys


def duckdb_runner():
    import duckdb

    connection = duckdb.connect()
    return lambda text: connection.execute(text).fetchall()


def sqlite_runner():
    import sqlite3

    connection = sqlite3.connect(":memory:")
    return lambda text: connection.execute(text).fetchall()


def spark_runner():
    import os

    from pyspark.sql import SparkSession

    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    return lambda text: session.sql(text.strip().rstrip(";")).collect()


def clickhouse_runner():
    import re

    from chdb import session

    connection = session.Session()

    def run(text):
        # As the file itself says.
        connection.query(re.search(r"^--.*(SET .*);$", text, re.MULTILINE)[1])
        return str(connection.query(text, "TSV")).splitlines()

    return run


def parser(dialect):
    import sqlglot

    def parse(text):
        statements = [one for one in sqlglot.parse(text, read=dialect) if one is not None]
        assert len(statements) == 1, len(statements)
        assert not isinstance(statements[0], sqlglot.exp.Command), "not understood"
        return []

    return parse


RUNNERS = {
    "clickhouse": clickhouse_runner,
    "duckdb": duckdb_runner,
    "spark": spark_runner,
    "sqlite": sqlite_runner,
}
engine = sys.argv[1]
run = RUNNERS[engine]() if engine in RUNNERS else parser(engine.removeprefix("parse-"))
failed = []
for path in sys.argv[2:]:
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    try:
        rows = run(text)
        if rows:
            failed.append([path, len(rows), repr(rows[0])])
    except Exception as error:
        failed.append([path, f"{type(error).__name__}: {str(error)[:600]}"])
print(json.dumps(failed, indent=1))
