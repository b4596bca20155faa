import {
	createPrivateKey,
	generateKeyPairSync,
	type KeyObject,
	randomBytes,
	sign,
} from 'node:crypto';

/** A certificate and its key, as PEM text. */
export interface Certificate {
	readonly cert: string;
	readonly key: string;
}

/** What a certificate is for. */
export interface Subject {
	readonly name: string;
	/** Names and IPv4 addresses it is valid for. */
	readonly hosts?: readonly string[];
	/** When it ends, as YYYYMMDDHHMMSSZ; a hundred years from now unless told. */
	readonly validUntil?: string;
}

/**
 * Makes an X.509 certificate with a P-256 key, signed by `issuer`, or by itself as an authority.
 * Node can sign but not write certificates, openssl isn't on every machine, and keys don't belong
 * into a repository: hence these few lines of DER (RFC 5280).
 */
export function makeCertificate(
	subject: Subject,
	issuer?: Certificate & Subject,
): Certificate & Subject {
	const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	const signer: KeyObject = issuer ? createPrivateKey(issuer.key) : pair.privateKey;
	const algorithm = der(0x30, oid('2a8648ce3d040302')); // ecdsa-with-SHA256
	const toSign = der(
		0x30,
		der(0xa0, der(0x02, Buffer.from([2]))), // version 3
		der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])), // serial number, positive
		algorithm,
		commonName(issuer?.name ?? subject.name),
		der(
			0x30,
			der(0x17, Buffer.from('200101000000Z')),
			der(0x18, Buffer.from(subject.validUntil ?? '21200101000000Z')),
		),
		commonName(subject.name),
		pair.publicKey.export({ type: 'spki', format: 'der' }),
		der(0xa3, der(0x30, ...extensions(subject, issuer === undefined))),
	);
	const signature = sign('sha256', toSign, signer);
	const cert = der(0x30, toSign, algorithm, bitString(signature));
	return {
		...subject,
		cert: pem(cert),
		key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
	};
}

function extensions(subject: Subject, isAuthority: boolean): Buffer[] {
	const basic = isAuthority ? der(0x30, der(0x01, Buffer.from([0xff]))) : der(0x30);
	const constraints = der(0x30, oid('551d13'), der(0x01, Buffer.from([0xff])), der(0x04, basic));
	const names = (subject.hosts ?? []).map((host) =>
		/^[\d.]+$/.test(host)
			? der(0x87, Buffer.from(host.split('.').map(Number)))
			: der(0x82, Buffer.from(host)),
	);
	if (names.length === 0) return [constraints];
	return [constraints, der(0x30, oid('551d11'), der(0x04, der(0x30, ...names)))];
}

function pem(certificate: Buffer): string {
	const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
	return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function commonName(name: string): Buffer {
	return der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from(name)))));
}

function bitString(bits: Buffer): Buffer {
	return der(0x03, Buffer.from([0]), bits);
}

function oid(hex: string): Buffer {
	return der(0x06, Buffer.from(hex, 'hex'));
}

/** Tag, length, contents. */
function der(tag: number, ...contents: Buffer[]): Buffer {
	const body = Buffer.concat(contents);
	const size = body.length.toString(16);
	const long = Buffer.from(size.length % 2 ? `0${size}` : size, 'hex');
	const length =
		body.length < 128 ? long : Buffer.concat([Buffer.from([0x80 | long.length]), long]);
	return Buffer.concat([Buffer.from([tag]), length, body]);
}
