import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { keyPasswordOf, type TargetHost, type TargetSsl } from './target-type.ts';

/**
 * What Node's TLS needs to do as libpq's sslmode says:
 * - `verify-full` checks the chain and the name, `verify-ca` the chain;
 * - every other mode checks the chain if a root certificate is there, else nothing.
 * @throws Error with a sentence for a file that is missing, unreadable or open to others.
 */
export async function tlsOptions(ssl: TargetSsl, host: TargetHost): Promise<ConnectionOptions> {
	const roots = await rootCertificates(ssl);
	return {
		...roots,
		...(await clientCertificate(ssl)),
		...(ssl.crl === '' ? {} : { crl: await readFile(ssl.crl) }),
		// The name a certificate must carry; also for a connection by hostaddr.
		host: host.host,
		// SNI must not be an address (RFC 6066, section 3).
		...(ssl.sni && isIP(host.host) === 0 ? { servername: host.host } : {}),
		...(ssl.mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
		minVersion: ssl.minVersion,
		maxVersion: ssl.maxVersion,
		// PostgreSQL 17 and later check the protocol's name when it is given.
		ALPNProtocols: ['postgresql'],
	};
}

async function rootCertificates(ssl: TargetSsl): Promise<ConnectionOptions> {
	if (ssl.rootCert === 'system') return { rejectUnauthorized: true };
	if (ssl.rootCert !== '' && (await exists(ssl.rootCert))) {
		return { ca: await readFile(ssl.rootCert), rejectUnauthorized: true };
	}
	if (ssl.mode === 'verify-ca' || ssl.mode === 'verify-full') {
		throw new Error(
			`sslmode ${ssl.mode} needs a root certificate and ${ssl.rootCert} does not exist; name one with sslrootcert, or sslrootcert=system`,
		);
	}
	return { rejectUnauthorized: false };
}

async function clientCertificate(ssl: TargetSsl): Promise<ConnectionOptions> {
	const isThere = ssl.sendCert !== 'disable' && ssl.cert !== '' && (await exists(ssl.cert));
	if (!isThere) {
		if (ssl.sendCert !== 'require') return {};
		throw new Error(`sslcertmode=require, and the certificate ${ssl.cert} does not exist`);
	}
	if (!(await exists(ssl.key))) {
		throw new Error(`the certificate ${ssl.cert} is there, its private key ${ssl.key} is not`);
	}
	await checkKeyMode(ssl.key);
	const passphrase = keyPasswordOf(ssl);
	return {
		cert: await readFile(ssl.cert),
		key: await readFile(ssl.key),
		...(passphrase === undefined ? {} : { passphrase }),
	};
}

/** libpq's rule: a key is for its owner alone, one of root's may be read by its group. */
async function checkKeyMode(path: string): Promise<void> {
	if (process.platform === 'win32') return;
	const { mode, uid } = await stat(path);
	if ((mode & (uid === 0 ? 0o037 : 0o077)) !== 0) {
		throw new Error(`the private key ${path} is open to others; run chmod 600 on it`);
	}
}

async function exists(path: string): Promise<boolean> {
	return stat(path).then(
		() => true,
		() => false,
	);
}
