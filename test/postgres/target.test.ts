import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { TidemarkError } from '../../source/errors.ts';
import { passwordOf, resolveTargets, type Target } from '../../source/postgres/target.ts';
import { type FileText, readConfigFile } from '../../source/postgres/target-files.ts';
import { keyPasswordOf } from '../../source/postgres/target-type.ts';
import { fc } from '../support/properties.ts';

interface Given {
	readonly url?: string;
	readonly env?: Record<string, string>;
	/** Text by path; private to its owner. */
	readonly files?: Record<string, string | FileText>;
	readonly userName?: string;
}

function resolve({ url, env = {}, files = {}, userName = 'me' }: Given): Target {
	return resolveTargets({
		...(url === undefined ? {} : { url }),
		env,
		homeDirectory: '/home/me',
		userName,
		readFile: (path) => {
			const file = files[path];
			return typeof file === 'string' ? { text: file, mode: 0o600, isRegular: true } : file;
		},
	});
}

function faultsOf(given: Given): readonly string[] {
	try {
		resolve(given);
	} catch (error) {
		expect(error).toBeInstanceOf(TidemarkError);
		expect((error as TidemarkError).kind).toBe('config');
		return (error as TidemarkError).faults;
	}
	throw new Error('it was resolved');
}

/** `user:password@host:port,…/database`, the password as it is known for each host. */
function summary(target: Target): string {
	const hosts = target.hosts.map((host) => {
		const address = host.address === undefined ? '' : `=${host.address}`;
		return `${passwordOf(host) ?? '-'}@${host.host}${address}:${host.port}`;
	});
	return `${target.user} ${hosts.join(' ')} ${target.database}`;
}

const local = (port: number, password = '-') =>
	`${password}@/var/run/postgresql:${port} ${password}@/tmp:${port}`;

describe('a URL', () => {
	it.each([
		['postgres://app:secret@db-1:5433/multica', 'app secret@db-1:5433 multica'],
		['postgresql://app:secret@db-1/multica', 'app secret@db-1:5432 multica'],
		['postgresql://db-1', 'me -@db-1:5432 me'],
		['postgresql://', `me ${local(5432)} me`],
		['postgresql:///multica', `me ${local(5432)} multica`],
		['postgresql://app@/multica', `app ${local(5432)} multica`],
		['postgresql://:5433/multica', `me ${local(5433)} multica`],
		['postgresql://app:s%40c%2Fr%3At@db-1/my%20db', 'app s@c/r:t@db-1:5432 my db'],
		['postgresql://app:a:b?c#d@db-1/x', 'app a:b?c#d@db-1:5432 x'],
		['postgresql://a%C3%A9@db-1/x', 'aé -@db-1:5432 x'],
		['postgresql://h1,h2:6432,h3/x', 'me -@h1:5432 -@h2:6432 -@h3:5432 x'],
		['postgresql://app:p@h1,h2/x', 'app p@h1:5432 p@h2:5432 x'],
		['postgresql://[::1]:5433/x', 'me -@::1:5433 x'],
		['postgresql://[fe80::1%25eth0],h2/x', 'me -@fe80::1%eth0:5432 -@h2:5432 x'],
		['postgresql://%2Frun%2Fpg/x', 'me -@/run/pg:5432 x'],
		['postgresql:///x?host=/run/pg&port=5433&user=app&password=p', 'app p@/run/pg:5433 x'],
		['postgresql://db-1/x?host=db-2', 'me -@db-2:5432 x'],
		['postgresql://db-1/x?dbname=y', 'me -@db-1:5432 y'],
		['postgresql:///x?host=h1,h2&port=6432', 'me -@h1:6432 -@h2:6432 x'],
		['postgresql:///x?host=h1,h2&port=1,2', 'me -@h1:1 -@h2:2 x'],
		['postgresql://db-1/x?hostaddr=10.0.0.1', 'me -@db-1=10.0.0.1:5432 x'],
		[
			'postgresql:///x?hostaddr=10.0.0.1,10.0.0.2',
			'me -@10.0.0.1=10.0.0.1:5432 -@10.0.0.2=10.0.0.2:5432 x',
		],
		['postgresql:///x?host=%40abstract', 'me -@@abstract:5432 x'],
	])('%s', (url, expected) => {
		expect(summary(resolve({ url }))).toBe(expected);
	});

	it('may come from DATABASE_URL, but the argument wins', () => {
		const env = { DATABASE_URL: 'postgres://app@db-1/x' };
		expect(summary(resolve({ env }))).toBe('app -@db-1:5432 x');
		expect(summary(resolve({ env, url: 'postgres://db-2/y' }))).toBe('me -@db-2:5432 y');
		expect(summary(resolve({ env: { DATABASE_URL: '' } }))).toBe(`me ${local(5432)} me`);
	});

	it('may carry what application drivers put there', () => {
		const url = 'postgres://db-1/x?pgbouncer=true&connection_limit=5&pool_max_conns=4&schema=a b';
		expect(resolve({ url }).options).toBe('-c search_path=a\\ b');
		expect(resolve({ url: 'postgres://db-1/x?ssl=true' }).ssl.mode).toBe('require');
		const both = 'postgres://db-1/x?options=-c%20geqo%3Doff&search_path=app,public';
		expect(resolve({ url: both }).options).toBe('-c geqo=off -c search_path=app,public');
	});
});

describe('a connection string', () => {
	it.each([
		['host=db-1 port=5433 dbname=x user=app password=p', 'app p@db-1:5433 x'],
		[`host = db-1 dbname = 'my db' password = 'it\\'s \\\\ ok'`, "me it's \\ ok@db-1:5432 my db"],
		['host=db-1 password=a\\ b dbname=x', 'me a b@db-1:5432 x'],
		[`host='' dbname=x password=''`, `me ${local(5432)} x`],
		['host=h1,h2 dbname=x', 'me -@h1:5432 -@h2:5432 x'],
		['\n host=db-1\n dbname=x\n', 'me -@db-1:5432 x'],
		['host=a host=b', 'me -@b:5432 me'],
	])('%s', (url, expected) => {
		expect(summary(resolve({ url }))).toBe(expected);
	});

	it('without an equals sign is the name of a database', () => {
		expect(summary(resolve({ url: 'multica', env: { PGHOST: 'db-1' } }))).toBe(
			'me -@db-1:5432 multica',
		);
	});
});

describe('the PG* variables', () => {
	it('say it all', () => {
		const target = resolve({
			env: {
				PGHOST: 'h1,h2',
				PGPORT: '6432',
				PGUSER: 'app',
				PGPASSWORD: 'p',
				PGDATABASE: 'x',
				PGSSLMODE: 'verify-ca',
				PGSSLROOTCERT: '/r.crt',
				PGSSLCERT: '/c.crt',
				PGSSLKEY: '/c.key',
				PGCONNECT_TIMEOUT: '3',
				PGAPPNAME: 'psql',
				PGOPTIONS: '-c geqo=off',
				PGTARGETSESSIONATTRS: 'prefer-standby',
				PGCHANNELBINDING: 'require',
				PGLOADBALANCEHOSTS: 'random',
			},
		});
		expect(summary(target)).toBe('app p@h1:6432 p@h2:6432 x');
		expect(target).toMatchObject({
			ssl: { mode: 'verify-ca', rootCert: '/r.crt', cert: '/c.crt', key: '/c.key' },
			connectTimeoutMs: 3000,
			options: '-c geqo=off',
			targetSessionAttrs: 'prefer-standby',
			channelBinding: 'require',
			shuffleHosts: true,
		});
	});

	it('fill what the URL leaves out, and no more', () => {
		const env = {
			PGHOST: 'other',
			PGPORT: '6432',
			PGUSER: 'app',
			PGPASSWORD: 'p',
			PGDATABASE: 'y',
		};
		expect(summary(resolve({ env, url: 'postgres://db-1/x' }))).toBe('app p@db-1:6432 x');
		expect(summary(resolve({ env, url: 'postgres://' }))).toBe('app p@other:6432 y');
	});

	it('leave libpq’s defaults', () => {
		expect(resolve({ url: 'postgres://db-1' })).toMatchObject({
			ssl: {
				mode: 'prefer',
				rootCert: '/home/me/.postgresql/root.crt',
				cert: '/home/me/.postgresql/postgresql.crt',
				key: '/home/me/.postgresql/postgresql.key',
				sendCert: 'allow',
				crl: '',
				sni: true,
				isDirect: false,
				minVersion: 'TLSv1.2',
				maxVersion: 'TLSv1.3',
			},
			channelBinding: 'prefer',
			connectTimeoutMs: 10_000,
			targetSessionAttrs: 'any',
			shuffleHosts: false,
			keepaliveIdleMs: 10_000,
			options: '',
			warnings: [],
		});
	});

	it('are told apart in the origins', () => {
		const target = resolve({
			url: 'postgres://db-1?service=prod',
			env: { PGUSER: 'app', PGSSLMODE: 'require', PGHOST: 'unused' },
			files: {
				'/home/me/.pg_service.conf': '[prod]\ndbname=x\n',
				'/home/me/.pgpass': '*:*:*:app:p\n',
			},
		});
		expect(target.origins).toEqual({
			host: 'argument',
			port: 'default',
			dbname: 'service prod',
			user: 'PGUSER',
			sslmode: 'PGSSLMODE',
			service: 'argument',
			password: '/home/me/.pgpass',
		});
	});
});

describe('sslmode', () => {
	it('is verify-full when the system’s roots are asked for', () => {
		const url = 'postgres://db-1?sslrootcert=system';
		expect(resolve({ url }).ssl.mode).toBe('verify-full');
		expect(faultsOf({ url: `${url}&sslmode=require` })).toEqual([
			'sslmode (from argument) is require, too weak for sslrootcert=system: use verify-full.',
		]);
	});

	it('must be strong enough for direct TLS', () => {
		const url = 'postgres://db-1?sslnegotiation=direct';
		expect(resolve({ url: `${url}&sslmode=require` }).ssl.isDirect).toBe(true);
		expect(faultsOf({ url })).toEqual([
			'sslmode (from default) is prefer, too weak for sslnegotiation=direct: use require or more.',
		]);
	});
});

describe('a service', () => {
	const files = {
		'/home/me/.pg_service.conf': [
			'# mine',
			'[other]',
			'host=wrong',
			'',
			'[prod]',
			'host=db-1',
			'port=6432',
			'  user=app  ',
			'host=second-is-ignored',
			'password=p=q',
			'[last]',
			'host=wrong',
		].join('\r\n'),
		'/etc/postgresql-common/pg_service.conf': '[system]\nhost=db-2\n',
		'/srv/pg_service.conf': '[system]\nhost=db-3\n',
		'/my.conf': '[prod]\nhost=db-4\n',
	};

	it.each([
		['service=prod', {}, 'app p=q@db-1:6432 app'],
		['postgres:///x?service=prod', {}, 'app p=q@db-1:6432 x'],
		['postgres://mine@h/?service=prod', {}, 'mine p=q@h:6432 mine'],
		[undefined, { PGSERVICE: 'prod', PGPORT: '1', PGHOST: 'h' }, 'app p=q@db-1:6432 app'],
		['service=system', {}, 'me -@db-2:5432 me'],
		['service=system', { PGSYSCONFDIR: '/srv' }, 'me -@db-3:5432 me'],
		['service=prod', { PGSERVICEFILE: '/my.conf' }, 'me -@db-4:5432 me'],
		['service=system', { PGSERVICEFILE: '/my.conf' }, 'me -@db-2:5432 me'],
		['service=prod servicefile=/my.conf', {}, 'me -@db-4:5432 me'],
	])('%s %j', (url, env, expected) => {
		expect(summary(resolve({ ...(url ? { url } : {}), env, files }))).toBe(expected);
	});

	it('must be defined, in a file that can be read', () => {
		expect(faultsOf({ url: 'service=nope', files })).toEqual([
			'The service "nope" is not defined in /home/me/.pg_service.conf nor in /etc/postgresql-common/pg_service.conf.',
		]);
		expect(faultsOf({ url: 'service=x', env: { PGSERVICEFILE: '/none' } })).toEqual([
			'The service file /none cannot be read.',
		]);
	});

	it('has every faulty line named', () => {
		const text = '[a]\nhost=h\nnonsense\nhosst=x\nservice=b\nldap://x\n';
		expect(faultsOf({ url: 'service=a', files: { '/home/me/.pg_service.conf': text } })).toEqual([
			'/home/me/.pg_service.conf, line 3: a line is name=value.',
			'/home/me/.pg_service.conf, line 4: "hosst" is no parameter of libpq.',
			'/home/me/.pg_service.conf, line 5: a service cannot name another one.',
			'/home/me/.pg_service.conf, line 6: tidemark does not look services up by LDAP.',
		]);
	});
});

describe('the password file', () => {
	const passwordFor = (line: string, url = 'postgres://app@db-1:5433/x') =>
		resolve({
			url,
			files: { '/home/me/.pgpass': `# comment\n\n${line}\n*:*:*:*:last\n` },
		}).hosts.map(passwordOf);

	it.each([
		['db-1:5433:x:app:p', 'p'],
		['*:*:*:*:any', 'any'],
		['*:*:x:app:p', 'p'],
		['db-1:5432:x:app:p', 'last'],
		['db-2:5433:x:app:p', 'last'],
		['db-1:5433:y:app:p', 'last'],
		['db-1:5433:x:other:p', 'last'],
		['DB-1:5433:x:app:p', 'last'],
		['#db-1:5433:x:app:p', 'last'],
		['db-1:5433:x:app', 'last'],
		['db-*:5433:x:app:p', 'last'],
		['d\\b-1:5433:x:app:p', 'p'],
		['db-1:5433:x:app:a\\:b\\\\c', 'a:b\\c'],
		['db-1:5433:x:app:a:b', 'a'],
		['db-1:5433:x:app: spaced ', ' spaced '],
		['db-1:5433:x:app:p\r', 'p'],
	])('%j gives %j', (line, expected) => {
		expect(passwordFor(line)).toEqual([expected]);
	});

	it('escapes colons in its fields', () => {
		expect(passwordFor('\\:\\:1:5432:a\\:b:app:p', 'postgres://app@[::1]/a:b')).toEqual(['p']);
	});

	it('calls the default sockets localhost, and others by their directory', () => {
		expect(passwordFor('localhost:5432:x:app:p', 'postgres://app@/x')).toEqual(['p', 'p']);
		expect(passwordFor('/tmp:5432:x:app:p', 'postgres://app@/x')).toEqual(['last', 'p']);
		expect(passwordFor('localhost:5432:x:app:p', 'postgres://app@%2Fpg/x')).toEqual(['last']);
		expect(passwordFor('/pg:5432:x:app:p', 'postgres://app@%2Fpg/x')).toEqual(['p']);
	});

	it('is asked for each host', () => {
		expect(passwordFor('h2:*:*:*:second', 'postgres://app@h1,h2/x')).toEqual(['last', 'second']);
	});

	it('yields to a password that is given, unless that is empty', () => {
		const files = { '/home/me/.pgpass': '*:*:*:*:file\n', '/other': '*:*:*:*:other\n' };
		const password = (env: Record<string, string>, url = 'postgres://db-1') =>
			passwordOf(resolve({ url, env, files }).hosts[0] as Target['hosts'][0]);
		expect(password({ PGPASSWORD: 'env' })).toBe('env');
		expect(password({ PGPASSWORD: 'env' }, 'postgres://a:url@db-1')).toBe('url');
		expect(password({ PGPASSWORD: '' })).toBe('file');
		expect(password({ PGPASSFILE: '/other' })).toBe('other');
		expect(password({ PGPASSFILE: '/none' })).toBeUndefined();
		expect(password({}, 'postgres://db-1?passfile=/other')).toBe('other');
	});

	it('is passed over with a warning when others may read it', () => {
		for (const mode of [0o640, 0o604, 0o660, 0o644]) {
			const file = { text: '*:*:*:*:p\n', mode, isRegular: true };
			const target = resolve({ url: 'postgres://db-1', files: { '/home/me/.pgpass': file } });
			expect(target.hosts.map(passwordOf)).toEqual([undefined]);
			expect(target.warnings).toEqual([
				'The password file /home/me/.pgpass is open to others and is not used: run chmod 600 on it.',
			]);
		}
		const pipe = { text: '', mode: 0o600, isRegular: false };
		expect(resolve({ files: { '/home/me/.pgpass': pipe } }).warnings).toEqual([
			'The password file /home/me/.pgpass is not a plain file and is not used.',
		]);
	});

	it('is read with its mode from the disk', async () => {
		const folder = await mkdtemp(join(tmpdir(), 'tidemark-target-'));
		try {
			const path = join(folder, 'pgpass');
			await writeFile(path, 'x');
			await chmod(path, 0o640);
			expect(readConfigFile(path)).toEqual({ text: 'x', mode: 0o640, isRegular: true });
			expect(readConfigFile(folder)).toMatchObject({ text: '', isRegular: false });
			expect(readConfigFile(join(folder, 'none'))).toBeUndefined();
		} finally {
			await rm(folder, { recursive: true });
		}
	});
});

describe('faults', () => {
	it('come all at once, one sentence each', () => {
		const env = {
			PGPORT: '70000',
			PGSSLMODE: 'on',
			PGCONNECT_TIMEOUT: 'soon',
			PGTARGETSESSIONATTRS: 'master',
			PGREQUIREPEER: 'postgres',
			PGGSSENCMODE: 'require',
		};
		expect(faultsOf({ env, userName: '' })).toEqual([
			'tidemark cannot keep what requirepeer (from PGREQUIREPEER) asks for: remove it.',
			'tidemark cannot keep what gssencmode (from PGGSSENCMODE) asks for: remove it.',
			'No role is named: set PGUSER or write postgres://ROLE@HOST/DATABASE.',
			'port (from PGPORT) is not a number from 1 to 65535.',
			'connect_timeout (from PGCONNECT_TIMEOUT) is "soon": it must be a whole number.',
			'sslmode (from PGSSLMODE) is "on": it can be disable, allow, prefer, require, verify-ca, verify-full.',
			'target_session_attrs (from PGTARGETSESSIONATTRS) is "master": it can be any, read-write, read-only, primary, standby, prefer-standby.',
		]);
	});

	it.each([
		['mysql://h/x', 'begins with mysql://'],
		['postgresql+asyncpg://h/x', 'begins with postgresql+asyncpg://'],
		['postgres://h/x?hosst=y', 'the parameter "hosst"'],
		['postgres://h/x?toString=y', 'the parameter "toString"'],
		['postgres://h/x?sslmode', 'has no value'],
		['postgres://[::1/x', 'is malformed'],
		['postgres://h/x%zz', 'has a % in dbname'],
		['postgres://h/x%00', 'has a % in dbname'],
		['postgres://h1,h2,h3/x?port=1,2', 'lists 2 ports for 3 hosts'],
		['postgres://h1,h2/x?hostaddr=10.0.0.1', 'names 2 hosts, hostaddr (from argument) 1'],
		['host=a b', 'malformed after host'],
		["password='open", 'malformed after its beginning'],
		['=x', 'malformed after its beginning'],
		['postgres://h?ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2', 'above'],
	])('%s: %s', (url, part) => {
		expect(faultsOf({ url }).join('\n')).toContain(part);
	});

	// However a URL is broken, what the user meant as the password may be anywhere in it.
	it.each([
		'postgres://app:hxq/txq@db-1/x',
		'postgres://app:hxq@txq@db-1/x',
		'postgres://app:hxq/txq?txq@db-1/x',
		'postgres://app:hxq',
		'postgres://app:hxq%@db-1/x',
		'postgres://app:1/hxq@db-1/x',
		'host=h password=x hxq',
		'host=h password=x hxq=txq',
		"host=h password='hxq",
	])('never show a piece of the password: %s', (url) => {
		expect(faultsOf({ url }).join('\n')).not.toMatch(/xq/);
	});
});

describe('a target', () => {
	const target = resolve({ url: 'postgres://app:hunter2@h1,h2:1/x?sslpassword=hunter3' });

	it('keeps its secrets from everything that prints or copies', () => {
		expect(target.hosts.map(passwordOf)).toEqual(['hunter2', 'hunter2']);
		expect(keyPasswordOf(target.ssl)).toBe('hunter3');
		const printed = [
			JSON.stringify(target),
			inspect(target, { showHidden: true, depth: 9, getters: true }),
			inspect({ ...target, hosts: target.hosts.map((host) => ({ ...host })) }, { depth: 9 }),
			String(target),
		];
		expect(printed.join()).not.toContain('hunter');
	});

	it('is frozen', () => {
		const parts: readonly object[] = [
			target,
			target.hosts,
			target.ssl,
			target.origins,
			target.warnings,
		];
		expect(parts.concat(target.hosts).filter((part) => !Object.isFrozen(part))).toEqual([]);
	});

	it.each([
		['postgres://app@db-1/multica', 'app@db-1/multica'],
		['postgres://app@db-1:6432/multica', 'app@db-1:6432/multica'],
		['postgres://app@h1,h2:1/x', 'app@h1,h2:1/x'],
		['postgres://app@[::1]/x', 'app@[::1]/x'],
		['postgres://app@/x', 'app@[local]/x'],
		['postgres://app@/x?host=/run/pg&port=1', 'app@[local:/run/pg]:1/x'],
	])('%s is labelled %s', (url, label) => {
		expect(resolve({ url }).label).toBe(label);
	});

	it('comes back from a URL whatever its parts are', () => {
		const part = fc
			.string({ unit: 'grapheme', minLength: 1 })
			.filter((text) => !text.includes('\0'));
		fc.assert(
			fc.property(part, part, part, (user, password, database) => {
				const [a, b, c] = [user, password, database].map(encodeURIComponent);
				const found = resolve({ url: `postgres://${a}:${b}@db-1/${c}` });
				expect(found).toMatchObject({ user, database });
				expect(found.hosts.map(passwordOf)).toEqual([password]);
			}),
		);
	});

	it('comes back from a connection string whatever its parts are', () => {
		const part = fc.string({ unit: 'binary', minLength: 1 });
		const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
		fc.assert(
			fc.property(part, part, (user, password) => {
				const found = resolve({
					url: `user=${quoted(user)} password = ${quoted(password)} host=h`,
				});
				expect(found.user).toBe(user);
				expect(found.hosts.map(passwordOf)).toEqual([password]);
			}),
		);
	});
});
