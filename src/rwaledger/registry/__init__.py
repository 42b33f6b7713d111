"""The SQL store: tables, migrations, queries. The only package that imports SQLAlchemy."""
