"""What setup.cfg cannot say: the compiled part. Where it cannot be built everything works without it."""

from pathlib import Path

from setuptools import Extension, setup

kernel = Extension(
    "twisted_suite.accesslog.kernel",
    ["native/module.c"],
    depends=sorted(str(path) for path in Path("native").glob("*.h")),
    extra_compile_args=["-O3"],
    py_limited_api=True,  # one build for every Python from 3.11 on
    optional=True,
)

setup(ext_modules=[kernel])
