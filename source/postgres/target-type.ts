/** libpq's sslmode. */
export const sslModes = [
	'disable',
	'allow',
	'prefer',
	'require',
	'verify-ca',
	'verify-full',
] as const;
export type SslMode = (typeof sslModes)[number];

/** libpq's target_session_attrs. */
export const sessionAttrs = [
	'any',
	'read-write',
	'read-only',
	'primary',
	'standby',
	'prefer-standby',
] as const;
export type TargetSessionAttrs = (typeof sessionAttrs)[number];

/** One place to try. Its password, if any, is asked with `passwordOf`. */
export interface TargetHost {
	/** A host name, an IP address, or for a unix socket its directory (`/…`) or abstract name (`@…`). */
	readonly host: string;
	readonly port: number;
	/** libpq's hostaddr: the address to connect to; `host` is then only what a certificate must name. */
	readonly address?: string;
}

/** How to encrypt. Files are read when connecting, as in libpq, so a renewed certificate is seen. */
export interface TargetSsl {
	readonly mode: SslMode;
	/** Path of the trusted roots, or `system` for those that Node trusts. A path need not exist unless verifying. */
	readonly rootCert: string;
	/** Paths of the client certificate and its key; no certificate is sent if the first doesn't exist. */
	readonly cert: string;
	readonly key: string;
	readonly sendCert: 'disable' | 'allow' | 'require';
	/** Path of a revocation list, or empty. */
	readonly crl: string;
	/** Whether the host name is sent to the server (SNI). */
	readonly sni: boolean;
	/** sslnegotiation=direct: TLS at once, without asking the server first (PostgreSQL 17 and later). */
	readonly isDirect: boolean;
	readonly minVersion: TlsVersion;
	readonly maxVersion: TlsVersion;
}
export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** Where to connect and as whom: the frozen result of resolveTargets. Holds no password that could be printed. */
export interface Target {
	/** At least one; tried in this order. */
	readonly hosts: readonly TargetHost[];
	readonly database: string;
	readonly user: string;
	readonly ssl: TargetSsl;
	/** `require`: only log in when the proof is bound to the TLS channel. */
	readonly channelBinding: 'disable' | 'prefer' | 'require';
	/** For each address tried; 0 waits for ever. */
	readonly connectTimeoutMs: number;
	readonly targetSessionAttrs: TargetSessionAttrs;
	/** Whether the hosts are tried in random order (load_balance_hosts=random). */
	readonly shuffleHosts: boolean;
	/** TCP keepalive: how long a connection is idle before the first probe; 0 turns it off. */
	readonly keepaliveIdleMs: number;
	/** Server command-line options the user asked for (`options`, PGOPTIONS), or empty. */
	readonly options: string;
	/** `app@db-1/multica`, short enough for a header; sanitised. */
	readonly label: string;
	/**
	 * Where each parameter came from, by libpq's names (`host`, `dbname`, `sslmode`, …): `argument`,
	 * `DATABASE_URL`, a variable's name, `service NAME`, a file's path, or `default`.
	 */
	readonly origins: Readonly<Record<string, string>>;
	/** What libpq would warn of and go on, one sentence each: a password file that others may read. */
	readonly warnings: readonly string[];
}

// Kept outside the objects: nothing that prints, copies or serialises a target can reach them.
const passwords = new WeakMap<TargetHost, string>();
const keyPasswords = new WeakMap<TargetSsl, string>();

/** The password to log in at a host, undefined if none is known. */
export function passwordOf(host: TargetHost): string | undefined {
	return passwords.get(host);
}

/** The passphrase of the client certificate's key, undefined if none is known. */
export function keyPasswordOf(ssl: TargetSsl): string | undefined {
	return keyPasswords.get(ssl);
}

/** Ties a password to a host of a target; an empty one is none. */
export function rememberPassword(host: TargetHost, password: string): void {
	if (password !== '') passwords.set(host, password);
}

/** Ties a passphrase to a target's TLS settings; an empty one is none. */
export function rememberKeyPassword(ssl: TargetSsl, password: string): void {
	if (password !== '') keyPasswords.set(ssl, password);
}
