import type { ClientTls } from './connection.js';

/** Alerts about the certificate of the side that is told: https://www.rfc-editor.org/rfc/rfc8446#section-6.2. */
const CERTIFICATE_ALERT =
  /alert (?:bad certificate|unsupported certificate|certificate revoked|certificate expired|certificate unknown|unknown ca|access denied)/;

/**
 * Says in words why a connection came to nothing.
 *
 * @param details what grpc-js says of it: several sentences, with what OpenSSL or the system said inside
 * @param tls what the client connected with
 * @returns undefined where these tell nothing
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

/** Who does not take a certificate may just close, in TLS 1.3 once the client believes that all is well. */
function describeClosed(tls: ClientTls | undefined): string {
  if (tls === undefined) return 'the server closed the connection: it may want TLS';
  if (tls.cert === undefined) return 'the server closed the connection: it may want a certificate of this client';
  return 'the server closed the connection: it may have refused the certificate of this client';
}
