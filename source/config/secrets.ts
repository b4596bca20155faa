import { connectionGiven } from '../postgres/target.ts';

const refusal =
	'is refused: it holds a password, and none has a place in this file; put it into ~/.pgpass or a service file';

/** Why an address may not stand in the file: what is wrong with it, never with a word out of it. */
export function passwordFault(url: unknown): string | undefined {
	if (typeof url !== 'string') return undefined;
	const { given, faults } = connectionGiven(url, 'file');
	if (given.has('password') || given.has('sslpassword') || /passw(or)?d/i.test(url)) return refusal;
	// Where it can't be taken apart, what stands before an @ may be a password with a stray character.
	if (faults.length > 0 && /:.*@/s.test(url.replace(/^\w+:\/\//, ''))) return refusal;
	return faults.length > 0
		? `cannot be read: ${faults.join(' ').replaceAll(' (file)', '')}`
		: undefined;
}
