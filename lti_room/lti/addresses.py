"""Our own addresses that platforms are told (design section 4): paths below the public address."""

from typing import Final

LOGIN_PATH: Final = "/lti/login"
"""Where a platform announces a launch (`initiate_login_uri`)."""
LAUNCH_PATH: Final = "/lti/launch"
"""The only redirect_uri."""
JWKS_PATH: Final = "/lti/jwks.json"
"""Our public key set."""
