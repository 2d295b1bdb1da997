import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '#observability';
import { overloaded } from '../http/problem.js';
import { Refusals } from './refusals.js';

/** Answered however many requests are under way. */
const ALWAYS = /^\/(health\/|metrics)/;

interface Place {
  inside: number;
}

/** At most `most` requests at once are let in; the others are answered 429, at a pace that leaves time for those inside. */
export function admit(fastify: FastifyInstance, most: number, clock: Clock): void {
  const refusals = new Refusals(clock);
  const room = new Room();
  fastify.addHook('onRequest', (request, reply, done) => {
    if (ALWAYS.test(request.url)) return done();
    if (room.inside < most) {
      room.enter(request, reply);
      return done();
    }
    void refusals
      .turn(() => !request.raw.socket.destroyed)
      .then(() => done(overloaded(`More than ${most} requests are under way here.`)));
  });
}

/**
 * Who is inside, counted by connection: in Node 20 an answer that waits for the one before it on its connection is never told that
 * the connection has closed.
 */
class Room {
  inside = 0;
  private readonly places = new WeakMap<Socket, Place>();

  enter({ raw: { socket } }: FastifyRequest, { raw }: FastifyReply): void {
    const place = this.placeOf(socket);
    place.inside += 1;
    this.inside += 1;
    raw.once('close', () => this.leave(place, 1));
  }

  private placeOf(socket: Socket): Place {
    const known = this.places.get(socket);
    if (known) return known;
    const place = { inside: 0 };
    this.places.set(socket, place);
    socket.once('close', () => this.leave(place, place.inside));
    return place;
  }

  private leave(place: Place, count: number): void {
    const left = Math.min(count, place.inside);
    place.inside -= left;
    this.inside -= left;
  }
}
