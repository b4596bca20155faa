import { useApp, useInput } from 'ink';
import { useLayoutEffect, useRef } from 'react';
import {
	type ActionsSource,
	type Controls,
	type DiagnosisSource,
	useConsole,
} from '../console-context.ts';
import { keyNames } from '../key-name.ts';
import { type Command, press, type StepFacts, type UiState } from '../state.ts';

/**
 * Keys turned into states and commands. Several keys may arrive before the next render: each one
 * acts on the state that the one before it left.
 */
export function useKeys(state: UiState, facts: StepFacts, setState: (next: UiState) => void): void {
	const { controls, diagnosis, actions } = useConsole();
	const { exit } = useApp();
	const latest = useRef(state);
	useLayoutEffect(() => {
		latest.current = state;
	}, [state]);
	useInput((input, key) => {
		const names = keyNames(input, key);
		// What confirms an action is typed, key by key; several at once are pasted there.
		const isAsking = isAtDesk(latest.current) && actions.state().phase.kind === 'asking';
		for (const name of isAsking && names.length > 1 ? ['pasted text'] : names) {
			const now = { ...facts, controls: controls.state(), desk: actions.state() };
			const step = press(latest.current, name, now);
			latest.current = step.state;
			if (step.command !== undefined)
				carryOut(step.command, { controls, diagnosis, actions, exit });
		}
		setState(latest.current);
	});
}

type World = {
	readonly controls: Controls;
	readonly diagnosis: DiagnosisSource;
	readonly actions: ActionsSource;
	readonly exit: () => void;
};

const isAtDesk = ({ overlay }: UiState): boolean => overlay?.kind === 'actions';

function carryOut(command: Command, { controls, diagnosis, actions, exit }: World): void {
	if (command.kind === 'quit') exit();
	else if (command.kind === 'interval') controls.setIntervalMs(command.intervalMs);
	else if (command.kind === 'diagnose') diagnosis.ask();
	else if (command.kind === 'act') actions.open(command.command);
	else if (command.kind === 'desk') actions.press(command.key);
	else controls[command.kind]();
}
