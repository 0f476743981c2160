import type { ClientTls } from './connection.js';

/** TLS alerts by which a peer rejects our certificate: https://www.rfc-editor.org/rfc/rfc8446#section-6.2. */
const CERTIFICATE_ALERT =
  /alert (?:bad certificate|unsupported certificate|certificate revoked|certificate expired|certificate unknown|unknown ca|access denied)/;

/**
 * Says in words why a connection failed.
 *
 * @param details grpc-js's own description: several sentences that include OpenSSL's or the system's message
 * @param tls what the client connected with
 * @returns undefined where the details do not tell
 */
export function connectionFailure(details: string, tls: ClientTls | undefined): string | undefined {
  if (/ECONNREFUSED|ENOENT/.test(details)) return 'no server listens there';
  if (/alert certificate required/.test(details))
    return 'the server wants a certificate of this client, which showed none';
  const refusal = CERTIFICATE_ALERT.exec(details);
  if (refusal) return `the server refused the certificate of this client: ${refusal[0].replace('alert ', '')}`;
  if (/alert handshake failure|alert protocol version/.test(details)) {
    return 'no version or cipher of TLS that both sides speak, or the server wants a certificate of this client';
  }
  if (/WRONG_VERSION_NUMBER|wrong version number|packet length too long/.test(details)) {
    return 'the server does not speak TLS there';
  }
  const untrusted = /Last error: Error: (.*(?:certificate|Hostname).*?)(?:\.?\s*Resolution note:.*)?$/s.exec(details);
  if (untrusted) return `the certificate of the server is not trusted: ${untrusted[1]!.replace(/\.$/, '')}`;
  return /Last error: (?:Failed to connect|.*ECONNRESET)/.test(details) ? describeClosed(tls) : undefined;
}

/**
 * A server that rejects the client's certificate may just close the connection; in TLS 1.3 only after the handshake.
 */
function describeClosed(tls: ClientTls | undefined): string {
  if (tls === undefined) return 'the server closed the connection: it may want TLS';
  if (tls.cert === undefined) return 'the server closed the connection: it may want a certificate of this client';
  return 'the server closed the connection: it may have refused the certificate of this client';
}
