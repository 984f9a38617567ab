"""The tuned conventional design: what the naive one becomes when somebody who knows the libraries has measured it.

app/ is the search command: splunklib still, but one request of columns a chunk. server.py is the service: waitress,
features of all rows at once, XGBoost's inplace_predict, and explanations for the highest scores of each chunk only,
because the libraries' exact SHAP costs a thousand times the score.
"""
