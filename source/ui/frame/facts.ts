import { emptyDesk } from '../../actions/desk-state.ts';
import { nothingShown, type Shown } from '../binding.ts';
import { notAsked, suggestedAction } from '../overlays/diagnosis.ts';
import { panelsOf } from '../panels/all-panels.ts';
import type { FrameInput } from '../panels/frame-input.ts';
import type { Panel } from '../panels/panel.ts';
import { pastFacts } from '../past-keys.ts';
import { isTyping } from '../press.ts';
import { isSieving } from '../sieve.ts';
import type { StepFacts, UiState } from '../state.ts';

/** How things stand when a key is pressed: without what is only known once all is drawn. */
export type FrameFacts = Omit<StepFacts, 'screenText'>;

/** What the next key must know of a state and of what is shown of it. */
export function factsOf(
	frame: FrameInput,
	state: UiState,
	panels: readonly Panel[],
	shown: Shown = nothingShown,
): FrameFacts {
	const { overlay, view, focus, sieve } = state;
	return {
		...shown,
		controls: frame.controls,
		panels: panels.map(({ number }) => number),
		panelTitles: new Map(panelsOf(frame.environment).map(({ number, title }) => [number, title])),
		targets: frame.targets?.targets.map(({ name }) => name) ?? [],
		target: frame.targets?.targets.find(({ isCurrent }) => isCurrent)?.name,
		isWatching: view?.kind === 'fleet' && view.isWatching,
		whyNoTargets: whyNoTargets(frame),
		place: overlay?.kind ?? view?.kind ?? 'overview',
		canGoBack:
			overlay !== undefined ||
			view !== undefined ||
			focus !== undefined ||
			(sieve !== undefined && isSieving(sieve)) ||
			(frame.past !== undefined && frame.environment.recording === undefined),
		desk: frame.desk ?? emptyDesk,
		whyNoActions: whyNoActions(frame),
		suggested: suggestedAction(frame.diagnosis ?? notAsked),
		isTyping: isTyping(state),
		isLost: frame.report.snapshot.connection.kind === 'lost',
		hasDiagnosis: frame.diagnosis?.latest !== undefined,
		worstPanel: worstPanel(frame, panels)?.number,
		hasHistory: frame.trends.times.length > 1,
		past: pastFacts(frame.past, frame.environment),
	};
}

/** Why there is no other target to choose here; undefined: there may be. */
function whyNoTargets({ environment, targets }: FrameInput): string | undefined {
	if (environment.recording !== undefined) return 'this is a recording, of one target';
	return targets ? targets.whyNot : 'no targets in the configuration';
}

/** Why nothing can be changed here, whatever the role may. */
function whyNoActions({ environment, report }: FrameInput): string | undefined {
	const { connection } = report.snapshot;
	if (environment.isReadOnly) return 'tidemark runs read-only';
	if (connection.kind === 'lost') return 'there is no server to act on';
	if (connection.kind === 'live' && connection.identity.isStandby) {
		return 'this is a standby: nothing can be written here';
	}
	return undefined;
}

/** The panel of the worst verdict, else the first. */
export function worstPanel({ report }: FrameInput, panels: readonly Panel[]): Panel | undefined {
	const worst = report.verdicts.find(({ panel }) => panels.some(({ id }) => id === panel));
	return panels.find(({ id }) => id === worst?.panel) ?? panels[0];
}
