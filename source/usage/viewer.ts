import { TidemarkError } from '../errors.ts';
import { sanitise } from '../lib/text.ts';
import type { Row } from '../sampling/reading.ts';
import type { Asking } from './asking.ts';
import type { Subject } from './report.ts';
import type { UsageRequest, WantedSubject } from './request.ts';
import { chooseZone, type ZoneChoice } from './zone-choice.ts';

/** Whose usage is asked for, and in whose zone. */
export type Viewer = {
	readonly subject: Subject;
	readonly zone: ZoneChoice;
	/** The zone that the runtime asked for has of its own, in the versions where it has. */
	readonly runtimeZone?: string;
};

/** The zones that are known without asking the server. */
export type ZonesHere = {
	/** Absent: the settings name none. */
	readonly settingsZone?: string | undefined;
	readonly terminalZone: string | undefined;
};

/**
 * Looks up the runtime or workspace and the user that are named; undefined: not known yet.
 * @throws TidemarkError of kind `config` for one that there is not, or that there are several of
 */
export function viewerOf(
	asking: Asking,
	request: UsageRequest,
	here: ZonesHere,
): Viewer | undefined {
	const wanted = request.subject;
	const row = wanted && subjectRow(asking, wanted);
	const zone = zoneOf(asking, request, here);
	if ((wanted && !row) || zone === undefined) return undefined;
	if (wanted === undefined || row === undefined) return { subject: { kind: 'all' }, zone };
	return {
		subject: subjectOf(wanted.kind, row),
		zone,
		...(typeof row.zone === 'string' && { runtimeZone: row.zone }),
	};
}

function subjectRow(asking: Asking, { kind, text }: WantedSubject): Row | undefined {
	const rows = asking.need(`a ${kind} can't be looked up`, `find-${kind}`, { wanted: text });
	if (rows === undefined) return undefined;
	const shown = sanitise(text, { maxLength: 60 });
	const [row] = rows;
	if (row === undefined) {
		throw new TidemarkError('config', `no ${kind} here has the id or the name "${shown}"`);
	}
	if (rows.length > 1) {
		const ids = rows.map(({ id }) => String(id)).join(', ');
		const many = rows.length < mostFound ? String(rows.length) : 'several';
		throw new TidemarkError(
			'config',
			`${many} ${kind}s are called "${shown}": say which by its id: ${ids}`,
		);
	}
	return row;
}

/** More than this are not listed by the queries. */
const mostFound = 5;

const subjectOf = (kind: WantedSubject['kind'], row: Row): Subject => ({
	kind,
	id: String(row.id),
	name: typeof row.name === 'string' ? row.name : null,
});

function zoneOf(
	asking: Asking,
	{ zone: asked, user }: UsageRequest,
	{ settingsZone: ofSettings, terminalZone: ofTerminal }: ZonesHere,
): ZoneChoice | undefined {
	// A zone that was asked for needs no user, but a user that there is not is still a mistake.
	if (user === undefined) return chooseZone({ asked, ofSettings, ofTerminal });
	const rows = asking.need("the user's time zone can't be looked up", 'user-zone', {
		wanted: user,
	});
	if (rows === undefined) return undefined;
	const [row] = rows;
	if (row === undefined || rows.length > 1) {
		const shown = sanitise(user, { maxLength: 60 });
		throw new TidemarkError(
			'config',
			row === undefined
				? `no user here has the id "${shown}", or the address where those can be read`
				: `several users have the address "${shown}": say which by the id`,
		);
	}
	const ofUser = typeof row.zone === 'string' && row.zone !== '' ? row.zone : null;
	return chooseZone({ asked, ofUser, ofSettings, ofTerminal });
}
