"""Starts JupyterHub with the settings beside this file, in the current folder."""

import sys
from pathlib import Path

from jupyterhub.app import main

if __name__ == "__main__":
    sys.argv[1:] = ["--config", str(Path(__file__).with_name("jupyterhub_config.py"))]
    main()
