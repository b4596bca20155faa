import { isZone } from '../lib/zone.ts';

/** A zone, and whose it is. */
export type ZoneChoice = {
	readonly zone: string;
	readonly origin: 'asked' | 'user' | 'settings' | 'terminal' | 'utc' | 'daily-rollup';
	/** Why it is not the one that was meant; absent: it is. */
	readonly note?: string;
};

/** What the choice of a zone depends on. */
export type ZoneFacts = {
	/** A zone that there is. */
	readonly asked: string | undefined;
	/** What the user's row says; sanitised; null: nothing. Absent: nobody asked for a user. */
	readonly ofUser?: string | null;
	/** The one in which the console shows times, where the settings name one. */
	readonly ofSettings?: string | undefined;
	readonly ofTerminal: string | undefined;
};

/** The viewer's zone: the one asked for, else the user's, the settings', the terminal's, else UTC. */
export function chooseZone({ asked, ofUser, ofSettings, ofTerminal }: ZoneFacts): ZoneChoice {
	if (asked !== undefined) return { zone: asked, origin: 'asked' };
	if (typeof ofUser === 'string' && isZone(ofUser)) return { zone: ofUser, origin: 'user' };
	const other = zoneHere(ofSettings, ofTerminal);
	if (ofUser === undefined) return other;
	const why =
		ofUser === null ? 'has set no time zone' : `has a time zone that there is not: "${ofUser}"`;
	return { ...other, note: `the user ${why}; these are days of ${other.zone}` };
}

function zoneHere(ofSettings: string | undefined, ofTerminal: string | undefined): ZoneChoice {
	if (ofSettings !== undefined) return { zone: ofSettings, origin: 'settings' };
	return ofTerminal === undefined
		? { zone: 'UTC', origin: 'utc' }
		: { zone: ofTerminal, origin: 'terminal' };
}

/** Whose zone it is, in brackets behind its name. */
export const originText: Readonly<Record<ZoneChoice['origin'], string>> = {
	asked: 'asked for',
	user: "the user's",
	settings: "the settings'",
	terminal: "the terminal's",
	utc: 'by default',
	'daily-rollup': "the daily rollup's",
};
