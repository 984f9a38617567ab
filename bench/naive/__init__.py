"""The naive design, written out: what a straightforward developer would build for the same job in an afternoon.

app/ is the search command: splunklib records, one JSON POST a chunk. server.py is the service: Flask's development
server, scikit-learn, XGBoost and shap. It reads the same bundle as AIScore and gives the same scores and, when asked,
the same contributions; only the way differs.
"""
