"""Packaging of AIScore: the mathematics (`models`) and the service (`sidecar`).

The Splunk app is not a Python package: `python -m splunk_app.package` builds it.
"""

from pathlib import Path

from setuptools import find_packages, setup

RUNTIME = [
    "flask==3.1.3",
    "granian==2.8.7",
    "Jinja2==3.1.6",
    "numba==0.68.1",
    "numpy==2.4.6",
    "polars==2.1.0",
    "prometheus-client==0.26.0",
    "pydantic==2.14.3",
    "pydantic-settings==2.16.3",
    "requests==2.34.2",
    "rich==15.0.0",
    "scikit-learn==1.9.1",
    "scipy==1.17.1",
    "shap==0.51.0",
    "threadpoolctl==3.8.0",
    "xgboost==3.2.0",
]

BUILD = ["setuptools==80.9.0"]

DEV = [
    *BUILD,
    "bandit==1.9.4",
    "croniter==1.4.1",
    "cyclonedx-python-lib[json-validation]==11.12.0",
    "evtx==0.14.0",
    "hypothesis==6.170.15",
    "lark==1.3.1",
    "mypy==2.4.1",
    "playwright==1.65.2",
    "pytest==9.2.0",
    "pytest-xdist==3.8.0",
    "ruff==0.17.6",
    "schemathesis==4.32.5",
    "splunk-appinspect==4.3.1",
    "splunk-sdk==2.1.1",
    "trustme==1.2.1",
    "types-croniter==6.2.4.20261006",
    "types-requests==2.33.0.20261030",
    "uv==0.13.9",
    "waitress==3.0.2",
]

setup(
    name="aiscore",
    version="0.1.0",
    description="Anomaly and threat scores for Splunk searches, each with its exact reasons",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11,<3.12",
    packages=find_packages(include=["models", "models.*", "sidecar", "sidecar.*"]),
    package_data={"models": ["features/recipes/*.toml"], "sidecar": ["demo/*.html", "demo/*.css", "demo/*.js"]},
    install_requires=RUNTIME,
    extras_require={"build": BUILD, "dev": DEV},
    entry_points={"console_scripts": ["aiscore = sidecar.cli:main"]},
)
