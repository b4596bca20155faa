import { addParameter, type Given, type Keyword, type Parsed } from './target-keywords.ts';

/**
 * Reads `postgres://user:password@h1:5432,h2/database?parameter=value` by libpq's rules: percent
 * decoding everywhere, several hosts, IPv6 in brackets, parameters after what stands before them.
 * Faults never quote the URL: a password with a stray `/` or `@` may be anywhere in it.
 */
export function parseUrl(url: string, origin: string): Parsed {
	const given: Given = new Map();
	const faults: string[] = [];
	const rest = url.replace(/^postgres(ql)?:\/\//i, '');
	const login = /^([^@/]*)@/.exec(rest);
	const place = login ? rest.slice(login[0].length) : rest;
	if (place.includes('@')) {
		return {
			given,
			faults: [
				`The URL (${origin}) has more than one @ or a / before it: write @ as %40, / as %2F and : as %3A in a user name or password.`,
			],
		};
	}
	const add = (keyword: Keyword, raw: string | undefined) => {
		const value = decode(raw ?? '');
		if (value === undefined) faults.push(encodingFault(keyword, origin));
		else if (value !== '') given.set(keyword, value);
	};
	const [, user, password] = /^([^:]*):?(.*)$/s.exec(login?.[1] ?? '') ?? [];
	add('user', user);
	add('password', password);
	const parts = /^([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(place);
	addHosts(parts?.[1] ?? '', origin, add, faults);
	add('dbname', parts?.[2]);
	addParameters(parts?.[3] ?? '', origin, given, faults);
	return { given, faults };
}

function addHosts(
	list: string,
	origin: string,
	add: (keyword: Keyword, raw: string) => void,
	faults: string[],
): void {
	const hosts: string[] = [];
	const ports: string[] = [];
	for (const entry of list.split(',')) {
		const match = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::(.*))?$/s.exec(entry);
		if (!match) {
			faults.push(
				`A host in the URL (${origin}) is malformed: an IPv6 address is written [::1], a port follows a colon.`,
			);
			return;
		}
		hosts.push(match[1] ?? match[2] ?? '');
		ports.push(match[3] ?? '');
	}
	// An empty host or port is left to the variables, unless its neighbours say something.
	if (hosts.some((host) => host !== '') || hosts.length > 1) add('host', hosts.join(','));
	if (ports.some((port) => port !== '')) add('port', ports.join(','));
}

function addParameters(query: string, origin: string, given: Given, faults: string[]): void {
	for (const pair of query === '' ? [] : query.split('&')) {
		const [, rawName = '', rawValue] = /^([^=]*)(?:=(.*))?$/s.exec(pair) ?? [];
		const name = decode(rawName);
		const value = decode(rawValue ?? '');
		if (name === undefined || value === undefined) {
			faults.push(encodingFault('a parameter', origin));
		} else if (rawValue === undefined) {
			faults.push(`A parameter of the URL (${origin}) has no value: write name=value.`);
		} else if (!addParameter(given, name, value)) {
			faults.push(
				`The URL (${origin}) has the parameter ${JSON.stringify(name.slice(0, 40))}, which is none of libpq's: remove it or correct its name.`,
			);
		}
	}
}

function encodingFault(what: string, origin: string): string {
	return `The URL (${origin}) has a % in ${what} that does not begin a code such as %40: write % itself as %25.`;
}

function decode(text: string): string | undefined {
	try {
		const decoded = decodeURIComponent(text);
		return decoded.includes('\0') ? undefined : decoded;
	} catch {
		return undefined;
	}
}
