import { addParameter, type Given, type Parsed } from './target-keywords.ts';

/**
 * Reads libpq's `host=db-1 dbname='my db' password=…`: single quotes around a value with spaces,
 * a backslash before a quote or a backslash. Faults quote nothing that could be a secret's end.
 */
export function parseConninfo(text: string, origin: string): Parsed {
	const given: Given = new Map();
	const pair =
		/\s*([^\s=]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'(?=\s|$)|((?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*)?(?=\s|$))/sy;
	let before = 'its beginning';
	while (pair.lastIndex < text.trimEnd().length) {
		const match = pair.exec(text);
		const name = match?.[1] ?? '';
		if (!match) return { given, faults: [shapeFault(before, origin)] };
		const value = (match[2] ?? match[3] ?? '').replace(/\\(.)/gs, '$1');
		if (!addParameter(given, name, value)) {
			return {
				given,
				faults: [
					`The connection string (${origin}) has a parameter after ${before} that is none of libpq's: correct its name, or quote the value before it.`,
				],
			};
		}
		before = name;
	}
	return { given, faults: [] };
}

function shapeFault(before: string, origin: string): string {
	return `The connection string (${origin}) is malformed after ${before}: write name=value, and '…' around a value with spaces.`;
}
