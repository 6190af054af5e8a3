"""A failure of the server is no answer, but some refusals have the status 500:
the clients of this API know them by their numeric code."""

import schemathesis

REFUSALS = {
    3: "a directory that was tried says no",
    18: "a file cannot be imported",
    26: "an image cannot be scanned",
    27: "a registry cannot be scanned",
    49: "an object cannot be promoted",
    53: "a query is open no more",
    54: "a test or a job runs no more",
}
# Not served, and not answered in time.
SAID = (501, 503)


@schemathesis.check
def status_by_contract(ctx, response, case):
    status = response.status_code
    if status < 500 or status in SAID:
        return
    try:
        code = response.json().get("code")
    except ValueError:
        code = None
    assert status == 500 and code in REFUSALS, f"{status} with code {code}: {response.text[:500]}"
