"""Runs the tests beside ONNX models in one process: run_onnx.py FILE…; each prints what it found. Exit 1 where one fails."""

import runpy
import sys

failed = [path for path in sys.argv[1:] if runpy.run_path(path)["main"]() != 0]
print("failed:", failed)
sys.exit(1 if failed else 0)
