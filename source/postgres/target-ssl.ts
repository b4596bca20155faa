import type { Settings } from './target.ts';
import type { Reader } from './target-build.ts';
import { rememberKeyPassword, type SslMode, sslModes, type TargetSsl } from './target-type.ts';

const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** The TLS settings, with libpq's defaults: `prefer`, files in ~/.postgresql, TLS 1.2 or later. */
export function buildSsl(reader: Reader, settings: Settings, homeDirectory: string): TargetSsl {
	const folder = `${homeDirectory}/.postgresql`;
	const rootCert = reader.text('sslrootcert', `${folder}/root.crt`);
	const negotiation = reader.choice('sslnegotiation', ['postgres', 'direct'], 'postgres');
	const ssl: TargetSsl = Object.freeze({
		mode: readMode(reader, rootCert, negotiation === 'direct'),
		rootCert,
		cert: reader.text('sslcert', `${folder}/postgresql.crt`),
		key: reader.text('sslkey', `${folder}/postgresql.key`),
		sendCert: reader.choice('sslcertmode', ['disable', 'allow', 'require'], 'allow'),
		crl: reader.text('sslcrl', ''),
		sni: reader.choice('sslsni', ['0', '1'], '1') === '1',
		isDirect: negotiation === 'direct',
		minVersion: reader.choice('ssl_min_protocol_version', tlsVersions, 'TLSv1.2'),
		maxVersion: reader.choice('ssl_max_protocol_version', tlsVersions, 'TLSv1.3'),
	});
	if (tlsVersions.indexOf(ssl.minVersion) > tlsVersions.indexOf(ssl.maxVersion)) {
		reader.fault(
			`ssl_min_protocol_version is ${ssl.minVersion}, above ssl_max_protocol_version, ${ssl.maxVersion}.`,
		);
	}
	rememberKeyPassword(ssl, settings.get('sslpassword')?.value ?? '');
	return ssl;
}

/** Direct TLS and the system's roots would be worth nothing in a mode that can do without. */
function readMode(reader: Reader, rootCert: string, isDirect: boolean): SslMode {
	const isSystem = rootCert === 'system';
	const mode = reader.choice('sslmode', sslModes, isSystem ? 'verify-full' : 'prefer');
	if (isSystem && mode !== 'verify-full') {
		reader.fault(
			`sslmode${reader.from('sslmode')} is ${mode}, too weak for sslrootcert=system: use verify-full.`,
		);
	}
	if (isDirect && sslModes.indexOf(mode) < sslModes.indexOf('require')) {
		reader.fault(
			`sslmode${reader.from('sslmode')} is ${mode}, too weak for sslnegotiation=direct: use require or more.`,
		);
	}
	return mode;
}
