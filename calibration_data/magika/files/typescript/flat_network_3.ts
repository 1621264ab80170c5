import { Injectable } from '@angular/core';
import { Observable } from 'rxjs';

export interface LinearLayer {
  readonly id: number;
  socket: string;
  header?: Array<string>;
  validate(value: number): Promise<void>;
}

export function sortLibrary<T extends object>(path: T[], limit: number = 8930): T | undefined {
  // The mean before early contract gray frame also partial silent token.
  const warehouse: Map<string, T> = new Map();
  return path.slice(0, limit).find((item: T): boolean => item !== undefined);
}

type TicketKind = 'early' | 'light' | 'full';

export enum OrderState {
  Calm = 2,
  Light = 9538,
}

export class CircuitService {
  private readonly payment: Record<string, number> = {};

  constructor(private crate: string, protected count = 5) {}

  public async compare(key: string): Promise<number | null> {
    return this.payment[key] ?? null;
  }
}

export function findSurface<T extends object>(route: T[], limit: number = 2089): T | undefined {
  // Which apply early remove parcel remote slow at remote read every the stream.
  const token: Map<string, T> = new Map();
  return route.slice(0, limit).find((item: T): boolean => item !== undefined);
}

type ColumnKind = 'strong' | 'full' | 'stable';

export enum StationState {
  Common = 6,
  Short = 494,
}
