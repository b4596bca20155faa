import { ActionError } from '../actions/action-error.ts';
import type { ActionName } from '../actions/availability.ts';
import { createControl } from '../actions/control.ts';
import { receiptLines } from '../actions/describe.ts';
import { jsonOf } from '../actions/json.ts';
import {
	forgetMadeUpFor,
	forgetRun,
	leftBehind,
	leftBehindSentence,
	leftToTell,
} from '../actions/ledger.ts';
import type { Performed } from '../actions/perform.ts';
import type { ActionSpec } from '../actions/specs/spec.ts';
import { stateFolder } from '../actions/state-folder.ts';
import { type ActionContext, atPipeline, type Workplace } from '../actions/workplace.ts';
import { resolveConfig } from '../config.ts';
import { sanitise } from '../lib/text.ts';
import { confirmOnTerminal } from './action-confirm.ts';
import { spanFlag, textFlag } from './action-flags.ts';
import { listenToKeys } from './action-keys.ts';
import { createReporter } from './action-progress.ts';
import type { CommandContext } from './command.ts';

/** Exit statuses of the actions. */
export const statuses = {
	done: 0,
	failed: 1,
	/** 2 is a wrong command line, as everywhere. */
	refused: 3,
	/** Stopped half-way: what is finished stays, and it can be gone on with. */
	stopped: 4,
	/** Verified, and some buckets are wrong. */
	differs: 5,
} as const;

/** Runs an action as a command. */
export async function runAction<Plan>(
	command: CommandContext,
	spec: ActionSpec<Plan>,
): Promise<number> {
	const { flags, stdout, stderr } = command;
	const isJson = flags.json === true;
	const out = (value: object) => stdout.write(`${jsonOf(value)}\n`);
	try {
		const context = await contextOf(command, spec);
		tellLeftBehind(command, context);
		const { place, plan } = await look(context, command, spec);
		const head = { action: spec.action, pipeline: place.pipeline.name, plan: spec.json(plan) };
		if (!isJson) {
			stdout.write(`${spec.title(place)} on ${context.target.label}\n`);
			for (const line of spec.lines(place, plan)) stdout.write(`${line}\n`);
		}
		const idle = spec.idle?.(plan);
		const reason = spec.refuse?.(place, plan) ?? whyNotPlan(flags, plan);
		if (reason !== undefined && flags.dryRun !== true) throw new ActionError('refused', reason);
		if (flags.dryRun === true || idle !== undefined) {
			const what = spec.asked?.(plan);
			if (idle && what) forgetMadeUpFor(context, place.pipeline.name, spec.action, { what });
			const dry = flags.dryRun === true ? 'Dry run: nothing was touched.' : undefined;
			if (isJson) out({ ...head, ...(idle && { idle }), ...(reason && { refusal: reason }) });
			else stdout.write(`${[reason, idle, dry].filter(Boolean).join('\n')}\n`);
			return reason === undefined ? statuses.done : statuses.refused;
		}
		await confirm(command, spec, place, plan, context.where);
		const performed = await carryOut(command, context, spec, place, plan);
		if (isJson) out({ ...head, ...performed });
		else for (const line of receiptLines(performed, context.folder)) stdout.write(`${line}\n`);
		if (performed.receiptFault) {
			stderr.write(`The work is done, but ${performed.receiptFault}.\n`);
			return statuses.failed;
		}
		return spec.isWell?.(performed) === false ? statuses.differs : statuses.done;
	} catch (error) {
		return tellFailure(command, spec.action, error);
	}
}

/** Tells why an action did not get through. @returns the exit status @throws what is no ActionError */
export function tellFailure(
	{ flags, stdout, stderr }: CommandContext,
	action: ActionName,
	error: unknown,
): number {
	if (!(error instanceof ActionError)) throw error;
	if (flags.json === true) stdout.write(`${jsonOf(failureOf(action, error))}\n`);
	stderr.write(`${sentenceOf(error)}\n`);
	return error.outcome === 'unknown' ? statuses.failed : statuses[error.outcome];
}

const failureOf = (action: ActionName, { outcome, message, resume }: ActionError) => ({
	action,
	outcome,
	message,
	...(resume !== undefined && { resume: `tidemark ${resume}` }),
});

/** What happened, and how to go on. */
const sentenceOf = ({ message, resume }: ActionError): string =>
	resume === undefined ? message : `${message}\nTo go on: tidemark ${resume}`;

async function contextOf(
	command: CommandContext,
	spec: Pick<ActionSpec<never>, 'waitMs'>,
): Promise<ActionContext> {
	const { flags, env, ending } = command;
	const config = resolveConfig(command);
	const target = await command.resolveTarget(command.args[0]);
	return {
		target,
		where: sanitise(config.name || target.database),
		folder: stateFolder(env),
		policy: { isReadOnly: config.isReadOnly },
		waitMs: spanFlag(flags, 'wait', '--wait', spec.waitMs),
		control: createControl(),
		signal: ending,
		onEvent: () => {},
	};
}

/** Plans on a connection that is closed before anybody is asked. */
async function look<Plan>(
	context: ActionContext,
	{ flags }: CommandContext,
	spec: ActionSpec<Plan>,
) {
	// With --dry-run nothing is written, so that a standby and --read-only may look.
	const action = flags.dryRun === true ? 'verify' : spec.action;
	return atPipeline(context, action, textFlag(flags, 'pipeline'), async (place) => ({
		place,
		plan: await spec.plan(place, context),
	}));
}

function whyNotPlan(flags: CommandContext['flags'], plan: unknown): string | undefined {
	const wanted = textFlag(flags, 'plan');
	const { hash } = plan as { readonly hash?: string };
	if (wanted === undefined || wanted === hash) return undefined;
	return `Nothing was done: the plan is ${hash ?? 'not one with a name'} now, and --plan asks for ${sanitise(wanted)}. Look at it again.`;
}

async function confirm<Plan>(
	command: CommandContext,
	spec: ActionSpec<Plan>,
	place: Workplace,
	plan: Plan,
	where: string,
): Promise<void> {
	const { flags, stdin, stderr } = command;
	if (flags.yes === true) return;
	if (!stdin.isTTY || !stderr.isTTY || flags.json === true) {
		throw new ActionError(
			'refused',
			`Nothing was done: ${spec.action} asks before it changes anything, and there is no terminal to ask on; --yes answers for a script.`,
		);
	}
	const isYes = await confirmOnTerminal(command, spec.rung(where, plan), spec.title(place));
	if (!isYes) throw new ActionError('refused', 'Nothing was done.');
}

/** On a connection of its own, opened now and gone afterwards; `p` pauses, esc and ctrl-c stop. */
async function carryOut<Plan>(
	{ stdin, stderr }: CommandContext,
	context: ActionContext,
	spec: ActionSpec<Plan>,
	{ pipeline }: Workplace,
	plan: Plan,
): Promise<Performed> {
	const stop = new AbortController();
	const hasKeys = stdin.isTTY === true && stderr.isTTY === true;
	const reporter = createReporter(stderr, { sleepMs: spec.sleepMs(plan), hasKeys });
	const { control } = context;
	const keys = hasKeys
		? listenToKeys({ stdin, output: stderr }, (key) => {
				if (key === 'p') control.setPaused(!control.isPaused);
				if (key === 'escape' || key === 'ctrl-c') stop.abort();
			})
		: undefined;
	const running: ActionContext = {
		...context,
		signal: AbortSignal.any([context.signal, stop.signal]),
		onEvent: (event) => reporter.onEvent(event),
	};
	try {
		return await atPipeline(running, spec.action, pipeline.name, (place) =>
			spec.run(running, place, plan),
		);
	} finally {
		keys?.stop();
		reporter.end();
	}
}

/** Says what earlier runs on this target left undone, and how to go on. */
function tellLeftBehind({ stderr, flags }: CommandContext, context: ActionContext): void {
	for (const run of leftToTell(context)) {
		if (flags.resume === true && run.resume !== '') continue;
		stderr.write(`${leftBehindSentence(run)}\n`);
	}
	// Where there is nothing to go on with, once is enough.
	for (const { id, resume } of leftBehind(context)) {
		if (resume === '') forgetRun(context.folder, id);
	}
}
