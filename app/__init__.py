"""The finine app: Streamlit pages over `finine_core.api`. Installed as `finine_app`."""
