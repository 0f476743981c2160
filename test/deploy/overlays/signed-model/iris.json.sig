{
  "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
  "verificationMaterial": {
    "publicKey": {
      "hint": "erY2hd29vVC8MF21bPTSjhcMrkwUQTbNVOVSaurY0ys="
    }
  },
  "dsseEnvelope": {
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoiaXJpcy5qc29uIiwiZGlnZXN0Ijp7InNoYTI1NiI6IjY3NDViMjQwNDA4ZThkYmVjZGZlM2NmNTIxNjJiNGRjYjIwYzI2OGVmMTcxNTNmYjVkMmE5MzhkMDY0NDc0MmUifX1dLCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9pcmlzLWdycGMvc2lnbmF0dXJlL3YxIiwicHJlZGljYXRlIjp7Im1vZGVsIjp7InNoYTI1NiI6ImI1MDE2MmVmYTA1ZjdlMmI4OWE1ZTdkODc5YzQwMjZlOTU5YzBkOTIxZmM2YWNiMmZhMjA4NGIxNDgyYWM2NzkifX19",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [
      {
        "sig": "2StvLzpQni9WbuUV+hGUNovBOF3v8myvwxYT4ccLfIVk79MJ7AJpcv+kgZNwYC5MJeBI4LUiF5/HCfLf1JVsAw=="
      }
    ]
  }
}
