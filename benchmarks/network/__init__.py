"""What a viewer gets over a bad network, measured in the viewer's page."""
