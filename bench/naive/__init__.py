"""The naive design, written out: what a straightforward developer would build for the same job in an afternoon.

app/ is the search command: splunklib records, one JSON POST a chunk. server.py is the service: Flask's development
server, scikit-learn and XGBoost. It reads the same bundle as AIScore and gives the same scores; only the way differs.
"""
