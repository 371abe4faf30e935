"""Runs one test of the Eclipse Paho interoperability suite for MQTT 3.1.1.

  conformance.py SUITE HOST PORT MODE TEST

SUITE is the folder interoperability of that suite, of which nothing is kept here.
MODE is "open", or "signed-in": each client then gives its client identifier as user
name and "secret-" and that as its secret. Says "ok", or "failed" and why, and exits
with 0 either way; anything else is a suite that cannot be run.
"""
import contextlib
import io
import sys

suite, host, port, mode, name = sys.argv[1:]
sys.path.insert(0, suite)
import client_test as suite_tests  # noqa: E402

suite_tests.host, suite_tests.port = host, int(port)
suite_tests.topics = ("TopicA", "TopicA/B", "Topic/C", "TopicA/C", "/TopicA")
suite_tests.wildtopics = ("TopicA/+", "+/C", "#", "/#", "/+", "+/+", "TopicA/#")
suite_tests.nosubscribe_topics = ("test/nosubscribe",)

if mode == "signed-in":
    client = suite_tests.mqtt_client.Client
    plain_connect = client.connect

    def connect(self, *args, **kwargs):
        user = self.clientid.decode() if isinstance(self.clientid, bytes) else self.clientid
        if user:
            kwargs.setdefault("username", user)
            kwargs.setdefault("password", ("secret-" + user).encode())
        return plain_connect(self, *args, **kwargs)

    client.connect = connect
    # It subscribes to everything; devices can leave nothing retained that is not theirs.
    suite_tests.cleanup = lambda: None

# nats-server refuses the space in the suite's third client identifier.
plain_init = suite_tests.mqtt_client.Client.__init__
suite_tests.mqtt_client.Client.__init__ = lambda self, clientid: plain_init(self, clientid and clientid.replace(b" ", b"-"))

said = io.StringIO()
with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
    suite_tests.Test.setUpClass()
    try:
        getattr(suite_tests.Test(name), name)()
        verdict = "ok"
    except Exception:
        verdict = "failed"
# The suite prints why it failed and then fails with "False != True".
why = [line for line in said.getvalue().splitlines() if "Error" in line or "Exception" in line or "timed out" in line]
print(verdict, why[0] if why and verdict == "failed" else "")
