"""Makes an Evennia game in the folder named by the first argument and takes it through what its
first start would do (the first account, character and room), without starting it. Run by
scripts/set-up with the environment's own Python."""

import os
import subprocess
import sys
from pathlib import Path

game = Path(sys.argv[1]).resolve()
appended = Path(__file__).with_name("settings.py").read_text()
# Settings want ports; none is opened here.
os.environ.setdefault("GAME_PORT", "1")
os.environ.setdefault("GAME_AMP_PORT", "1")

launcher = Path(sys.executable).with_name("evennia")
subprocess.run([launcher, "--init", game.name], cwd=game.parent, check=True)
with (game / "server/conf/settings.py").open("a") as settings_file:
    settings_file.write("\n" + appended)

os.chdir(game)
sys.path.insert(0, str(game))
os.environ["DJANGO_SETTINGS_MODULE"] = "server.conf.settings"

import django  # noqa: E402
from django.core.management import call_command  # noqa: E402

django.setup()

import evennia  # noqa: E402

evennia._init()
call_command("migrate", interactive=False, verbosity=0)

from evennia.accounts.models import AccountDB  # noqa: E402
from evennia.server import initial_setup  # noqa: E402
from evennia.server.models import ServerConfig  # noqa: E402

AccountDB.objects.create_superuser("keeper", "keeper@example.org", "potrzebie1")
initial_setup.create_objects()
initial_setup.at_initial_setup()
ServerConfig.objects.conf("last_initial_setup_step", "done")
