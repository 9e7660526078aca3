"""The entry point: `python wsgi.py` serves; with `--prepare` it first makes what is missing (`flask prepare`).

Patch first, import second.
"""

import gc
import os
import sys
import warnings

# The imports make a hundred thousand objects that stay. The collector would go through them again and again: a quarter
# of the time of a start, and later a pause with each full collection.
gc.disable()

# The `flask` command has imported half the world already: too late to patch, and no server to patch for.
mode = "threading" if "flask" in sys.modules else os.environ.get("ASYNC_MODE", "eventlet")
if mode == "eventlet":
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
    import eventlet

    eventlet.monkey_patch(psycopg=False)  # `app.platform.postgres` does this, and only where it is used
elif mode == "gevent":
    from gevent import monkey

    monkey.patch_all()

if mode != "threading":
    # Socket.IO imports what its clients and its other managers need: 14 MB that a server never uses.
    unused = [name for name in ("aiohttp", "redis", "requests", "websocket") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(unused))  # an import of None fails, which Socket.IO expects
    import flask_socketio  # noqa: F401

    for name in unused:
        del sys.modules[name]

from app import create_app
from config import WrongSetting

try:
    app = create_app(async_mode=mode)
except WrongSetting as error:
    raise SystemExit(str(error)) from None

gc.freeze()
gc.set_threshold(20_000, 20, 50)  # a page makes thousands of objects, and few of them in circles
gc.enable()

if __name__ == "__main__":
    from app.platform.logs import configure
    from app.platform.startup import prepare_if_needed, require_workable
    from realtime.wsgi import serve

    if "--prepare" in sys.argv[1:]:
        prepare_if_needed(app)
    require_workable(app)
    configure(app.config["LOG_FORMAT"], app.config["LOG_LEVEL"])
    serve(app, os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "5000")))
