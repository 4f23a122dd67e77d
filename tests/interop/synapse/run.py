"""Starts Synapse in the current folder with the settings beside this file, filled in from the environment."""

import os
import shutil
import string
import sys
from pathlib import Path

from signedjson.key import generate_signing_key, write_signing_keys
from synapse.app.homeserver import main

HERE = Path(__file__).parent

if __name__ == "__main__":
    template = string.Template((HERE / "homeserver.yaml").read_text())
    Path("homeserver.yaml").write_text(template.substitute(os.environ))
    shutil.copy(HERE / "log.yaml", "log.yaml")
    with open("signing.key", "w") as file:
        write_signing_keys(file, [generate_signing_key("a_test")])
    sys.argv[1:] = ["--config-path", "homeserver.yaml"]
    main()
