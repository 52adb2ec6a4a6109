import { changeBatch } from '@millrace/core';
import { expect, it } from 'vitest';
import { relationOf, transaction } from '../postgres/testing/changes.ts';
import { EvolutionPlaces, lastSequence, withoutApplied } from './transaction-pieces.ts';
