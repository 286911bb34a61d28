"""`make kind`: the whole suite against a real cluster of kind's on this machine, without any registry of images.

Method: kind itself is unmodified. Docker's engine is Debian's, started by hand in namespaces of its own without a way out
(`engine.py`). The node image is made by `kind build node-image` (`node_image.py`) of Debian's packages, kind's own files, and
images that hold what the embedded cluster is built from (`archives.py`). It is a test of ours: a user has Docker, and pulls
kind's images as usual.
"""
