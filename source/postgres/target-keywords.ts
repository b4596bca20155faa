/**
 * libpq's connection parameters that mean something here, with the variable that fills each when
 * nothing else does ("Parameter Key Words" and "Environment Variables" of libpq's manual).
 */
export const variableOf = {
	host: 'PGHOST',
	hostaddr: 'PGHOSTADDR',
	port: 'PGPORT',
	dbname: 'PGDATABASE',
	user: 'PGUSER',
	password: 'PGPASSWORD',
	passfile: 'PGPASSFILE',
	service: 'PGSERVICE',
	servicefile: 'PGSERVICEFILE',
	options: 'PGOPTIONS',
	connect_timeout: 'PGCONNECT_TIMEOUT',
	target_session_attrs: 'PGTARGETSESSIONATTRS',
	load_balance_hosts: 'PGLOADBALANCEHOSTS',
	channel_binding: 'PGCHANNELBINDING',
	sslmode: 'PGSSLMODE',
	sslnegotiation: 'PGSSLNEGOTIATION',
	sslrootcert: 'PGSSLROOTCERT',
	sslcert: 'PGSSLCERT',
	sslkey: 'PGSSLKEY',
	sslcertmode: 'PGSSLCERTMODE',
	sslcrl: 'PGSSLCRL',
	sslsni: 'PGSSLSNI',
	ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
	ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
	sslpassword: undefined,
	keepalives: undefined,
	keepalives_idle: undefined,
	// A promise that tidemark cannot keep; see refusedParameters.
	requirepeer: 'PGREQUIREPEER',
	require_auth: 'PGREQUIREAUTH',
	sslcrldir: 'PGSSLCRLDIR',
	gssencmode: 'PGGSSENCMODE',
	replication: undefined,
} as const satisfies Record<string, string | undefined>;

/** A parameter's name as libpq writes it. */
export type Keyword = keyof typeof variableOf;

/** Parameters that would weaken what the user asked for if they were passed over: value → is it harmless. */
export const refusedParameters: Partial<Record<Keyword, (value: string) => boolean>> = {
	requirepeer: (value) => value === '',
	require_auth: (value) => value === '',
	sslcrldir: (value) => value === '',
	gssencmode: (value) => value !== 'require',
	replication: (value) => ['', '0', 'off', 'false', 'no'].includes(value),
};

/** Parameters of libpq that change nothing for tidemark: it names itself, speaks UTF-8, has no GSSAPI. */
const unusedParameters = new Set([
	'application_name',
	'fallback_application_name',
	'client_encoding',
	'keepalives_interval',
	'keepalives_count',
	'tcp_user_timeout',
	'sslcompression',
	'sslkeylogfile',
	'krbsrvname',
	'gsslib',
	'gssdelegation',
	'min_protocol_version',
	'max_protocol_version',
	'scram_client_key',
	'scram_server_key',
	'tty',
	'authtype',
]);

/**
 * What application drivers (Prisma, pgx, node-postgres, SQLAlchemy) put into a DATABASE_URL and
 * psql would refuse; it concerns their pools and sessions, not where the database is.
 */
const driverParameter =
	/^(pool_\w+|pgbouncer|connection_limit|socket_timeout|statement_cache_\w+|description_cache_capacity|default_query_exec_mode|prepared_statements|uselibpqcompat|statement_timeout|lock_timeout|idle_in_transaction_session_timeout|timezone)$/i;

/** What a parameter of a URL or connection string means, or undefined if it is unknown. */
export function readParameter(
	name: string,
	value: string,
): { readonly keyword?: Keyword; readonly value: string } | undefined {
	if (Object.hasOwn(variableOf, name)) return { keyword: name as Keyword, value };
	// libpq itself knows JDBC's ssl=true.
	if (name === 'ssl' && /^(true|1)$/.test(value)) return { keyword: 'sslmode', value: 'require' };
	if (name === 'ssl' && /^(false|0)$/.test(value)) return { keyword: 'sslmode', value: 'disable' };
	// pgx and Prisma name the schema; a sampler's tables are found through the search path.
	if (name === 'search_path' || name === 'schema') {
		const escaped = value.replace(/[\\\s]/g, '\\$&');
		return { keyword: 'options', value: `-c search_path=${escaped}` };
	}
	return unusedParameters.has(name) || driverParameter.test(name) ? { value } : undefined;
}

/** Parameters by name, as far as one source gives them; an empty value is given. */
export type Given = Map<Keyword, string>;

/** What was read of one source, and what was wrong with it: one sentence each, never a secret. */
export interface Parsed {
	readonly given: Given;
	readonly faults: readonly string[];
}

/** Adds a parameter; of two `options` both count, of anything else the last, as in libpq. */
export function addParameter(given: Given, name: string, value: string): boolean {
	const parameter = readParameter(name, value);
	if (parameter?.keyword === 'options' && given.get('options')) {
		given.set('options', `${given.get('options')} ${parameter.value}`);
	} else if (parameter?.keyword) given.set(parameter.keyword, parameter.value);
	return parameter !== undefined;
}
