"""The server as a WSGI application, for any server that speaks it."""

from __future__ import annotations

from halfhour.server.project.database import ready

ready()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - Django is set up by now

application = get_wsgi_application()
