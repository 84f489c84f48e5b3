"""Where moto is told to behave like AWS: one module a family of gaps, each with its tests.

moto is patched by subclass, and the subclasses are put in place once, by ``install``. Every
behaviour has a test through boto3 that says what AWS does, and, where it is simple, one that
fails as soon as plain moto does it too, so that the patch can go.
"""
