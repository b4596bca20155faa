import { type Facts, isAdditive, isPresent, signaturesOf } from './facts.ts';
import type { Pipeline } from './pipelines.ts';

/** The actions, in the order in which they are listed. */
export const actionNames = ['tick', 'replay', 'verify', 'repair', 'backfill', 'prune'] as const;
export type ActionName = (typeof actionNames)[number];

/** What the user or the mode forbids, whatever the database says. */
export type Policy = { readonly isReadOnly: boolean };

/** Why an action can't be had here, in a few words; undefined: it can. */
export function whyNot(
	action: ActionName,
	facts: Facts,
	pipeline: Pipeline,
	policy: Policy,
): string | undefined {
	if (!isPresent(facts, pipeline)) return `there is no ${pipeline.name} pipeline in this database`;
	if (action === 'verify') return undefined;
	if (policy.isReadOnly) return 'tidemark runs read-only';
	if (facts.isStandby) return 'this is a standby: nothing can be written here';
	if (facts.isReadOnly) return `transactions of role ${facts.role} are read-only`;
	return whyNotHere(action, facts, pipeline);
}

function whyNotHere(action: ActionName, facts: Facts, pipeline: Pipeline): string | undefined {
	const signatures = signaturesOf(pipeline);
	const needed = {
		tick: signatures.tick,
		repair: signatures.tick,
		prune: signatures.prune,
		replay: signatures.window,
		backfill: signatures.window,
		verify: signatures.window,
	}[action];
	const found = facts.functions[needed];
	if (found === undefined) return `there is no function ${needed} in this database`;
	if (!found.canExecute) return `role ${facts.role} may not execute ${needed}`;
	if (action !== 'tick' && action !== 'prune' && isAdditive(facts, pipeline)) {
		return `${pipeline.windowFunction} adds to its buckets instead of replacing them: usage would count twice`;
	}
	const denied = deniedTables(action, facts, pipeline, found.isDefiner);
	return denied.length > 0 ? `role ${facts.role} may not write ${denied.join(', ')}` : undefined;
}

/** Which tables the role itself must be allowed to write, and isn't; a definer's function writes as its owner. */
function deniedTables(
	action: ActionName,
	facts: Facts,
	{ table, dirty, state }: Pipeline,
	isDefiner: boolean,
): readonly string[] {
	const isEnqueuing = action === 'replay' || action === 'repair';
	const written = isDefiner
		? isEnqueuing
			? [dirty]
			: []
		: action === 'prune'
			? [dirty]
			: [table, dirty];
	const denied = written.filter((name) => !facts.tables[name]?.canWrite);
	const isStamping =
		action === 'backfill' || (!isDefiner && (action === 'tick' || action === 'repair'));
	return isStamping && !facts.tables[state]?.canUpdate ? [...denied, state] : denied;
}
