"""A second implementation of the StatefulSet controller: small, of our own, and able to break one promise at a time.

Method: it takes the place of the built-in one on a cluster where that is switched off. If the suite calls it conformant, the
suite judges the promises and not the habits of one implementation; with a fault, the suite must find what the fault breaks.
"""
