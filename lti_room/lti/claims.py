"""The words of LTI 1.3: https://www.imsglobal.org/spec/lti/v1p3/ section 5.3 and appendix A."""

from typing import Final

_CLAIM: Final = "https://purl.imsglobal.org/spec/lti/claim/"

MESSAGE_TYPE: Final = _CLAIM + "message_type"
"""Core 5.3.1."""
VERSION: Final = _CLAIM + "version"
"""Core 5.3.2."""
DEPLOYMENT_ID: Final = _CLAIM + "deployment_id"
"""Core 5.3.3: at most 255 ASCII characters, case-sensitive."""
TARGET_LINK_URI: Final = _CLAIM + "target_link_uri"
"""Core 5.3.4: the same as in the login request."""
RESOURCE_LINK: Final = _CLAIM + "resource_link"
"""Core 5.3.5."""
ROLES: Final = _CLAIM + "roles"
"""Core 5.3.7: must be there, may be empty."""
CONTEXT: Final = _CLAIM + "context"
"""Core 5.4.1."""
LAUNCH_PRESENTATION: Final = _CLAIM + "launch_presentation"
"""Core 5.4.4."""
CUSTOM: Final = _CLAIM + "custom"
"""Core 5.4.6."""
NAMES_ROLES: Final = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
"""https://www.imsglobal.org/spec/lti-nrps/v2p0 section 3.6.1.1."""
GRADES: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
"""https://www.imsglobal.org/spec/lti-ags/v2p0 section 3.1."""

RESOURCE_LINK_REQUEST: Final = "LtiResourceLinkRequest"
LTI_VERSION: Final = "1.3.0"
LONGEST_ID: Final = 255
"""Core 5.3.3, 5.3.5, 5.4.1: limit of deployment, link and context ids and of `sub`."""
