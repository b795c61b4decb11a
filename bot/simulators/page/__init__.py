"""The demo page: the face of the simulators, in a browser on this machine."""
