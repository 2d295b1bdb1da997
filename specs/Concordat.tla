----------------------------- MODULE Concordat -----------------------------
(***************************************************************************)
(* One transaction (gtx) of Concordat: two-phase commit with a write-once  *)
(* decision cell, several drivers, takeover, inquiry tombstones, an        *)
(* outside finisher for dead participants, and the fallback to a saga      *)
(* under the same gtx.  The code cites these actions ("TLA+: Decide...").  *)
(*                                                                         *)
(* Abstractions, each of which only adds behaviours:                       *)
(* - net is a set and receiving leaves a message in it: every message may  *)
(*   be duplicated, reordered, delayed for ever or come from a zombie.     *)
(*   Lose takes one away again (it matters to liveness only: for safety a  *)
(*   lost message is one that is never received).                          *)
(* - Each participant step is one local database transaction; a crash      *)
(*   between two of them, or before the reply leaves, is a lost reply.     *)
(*   XaBranch.tla looks inside these steps.                                *)
(* - Time is nothing but a choice: an abort, a refusal or a deadline may   *)
(*   come at any moment.  A NO changes nothing at its sender, so it is the *)
(*   same choice and needs no message.                                     *)
(* - The version of the row is the row itself: a driver's write is refused *)
(*   unless the row is still what the driver read.                         *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  N,            \* participants 1..N, one branch each
  Drivers,      \* coordinators and watchdogs
  Pivot,        \* the step that is never undone; 0: none.  Before it: compensatable, after it: retriable
  Fallback,     \* the request says fallback: saga
  ReadOnly,     \* branches may vote READ_ONLY
  Crashes,      \* drivers crash and forget
  Loses,        \* messages are lost
  Dies,         \* participants die, and stay dead unless the faults heal
  Restores,     \* the ledger may once be restored to an older point
  Heals         \* the faults end at some moment (for liveness)

CONSTANTS       \* the rules; each may be switched off, and then something breaks
  AbortBeforeFallback,  \* R1/R2: attempt 2 starts in the write that fills the cell of attempt 1 with ABORT
  CancelPrepared,       \* R3a: the action cancels what the earlier attempt prepared
  RaiseFence,           \* R3b: the action refuses PREPARE of earlier attempts for ever
  OutcomeByAttempt,     \* R4: outcomes are keyed (gtx, attempt)
  PlantActionKey,       \* a compensation of a step that never ran plants the key of its action
  SettlePivot,          \* a pivot that was sent is settled before anything is compensated
  AbsenceIsNoAnswer,    \* an inquiry is answered from the row, after a tombstone was planted where none was
  OutsideFinisher,      \* a watchdog that has the database of a dead participant ends what is prepared there
  OutsideTombstone,     \* the outside finisher leaves a tombstone, too
  HoldAfterRestore,     \* a restored ledger writes and tells no ABORT until it is reconciled
  DrainBeforeRestore,   \* ... what was sent before is consumed before anything runs on it
  OldVotesDoNotCount,   \* ... and only votes count that were asked for since
  WriteOnce,            \* a decision is written only into an empty cell of the row that was read
  EveryVote,            \* COMMIT needs the vote of every branch
  PersistThenSend,      \* a decision leaves only after it is durable
  LeaveTombstone        \* ABORT without a row leaves a tombstone

VARIABLES
  row,      \* the ledger's row of this gtx
  read,     \* history: every <<attempt, decision>> that could ever be read
  hold,     \* recovery hold
  image,    \* driver -> the row as it last read it; forgotten in a crash
  votes,    \* driver -> branches whose YES or READ_ONLY it holds; forgotten in a crash
  net,      \* messages under way
  b1,       \* participant -> row (or gid) of attempt 1
  s2,       \* participant -> guard row of attempt 2
  fenced,   \* participant -> fence raised to attempt 2
  log,      \* history: executed actions and compensations, in order
  dead,     \* participants without a process
  healed    \* no more faults

vars == <<row, read, hold, image, votes, net, b1, s2, fenced, log, dead, healed>>
ledger == <<row, read, hold>>
drivers == <<image, votes>>
branches == <<b1, s2, fenced, log>>
faults == <<dead, healed>>

P == 1..N
Blank == [st |-> "none", att |-> 0, cell |-> <<"-", "-">>, ack |-> {}, res |-> [p \in P |-> "-"], demand |-> FALSE]
Begun == [Blank EXCEPT !.st = "preparing", !.att = 1]
Ended == {"committed", "aborted", "completed", "compensated"}

TypeOK ==
  /\ row.st \in {"none", "preparing", "committing", "aborting", "running", "compensating", "quarantined"} \cup Ended
  /\ \A a \in {1, 2} : row.cell[a] \in {"-", "C", "A"}
  /\ b1 \in [P -> {"none", "prep", "com", "abo", "ro", "lost"}]
  /\ s2 \in [P -> {"none", "done", "failed", "comp", "nullc"}]
  /\ image \in [Drivers -> [DOMAIN Blank -> UNION {{row[f], image[d][f], Blank[f]} : f \in DOMAIN Blank, d \in Drivers}]]
  /\ votes \in [Drivers -> SUBSET P]

Init ==
  /\ row = Blank /\ read = {} /\ hold = FALSE
  /\ image = [d \in Drivers |-> Blank] /\ votes = [d \in Drivers |-> {}]
  /\ net = {}
  /\ b1 = [p \in P |-> "none"] /\ s2 = [p \in P |-> "none"] /\ fenced = [p \in P |-> FALSE]
  /\ log = <<>>
  /\ dead = {} /\ healed = FALSE

-----------------------------------------------------------------------------
(* The saga of attempt 2: steps in the order of their numbers. *)

Executed(r, p) == r.res[p] \in {"done", "comp"}
MaybeSent(r, p) == \A q \in P : q < p => Executed(r, q)
Undone(r, p) == r.res[p] \in {"comp", "nullc", "failed"}
PastPivot(r) == Pivot > 0 /\ r.res[Pivot] = "done"
UnsettledPivot(r) == Pivot > 0 /\ MaybeSent(r, Pivot) /\ r.res[Pivot] = "-"
ReadyActions(r) == {p \in P : r.res[p] = "-" /\ MaybeSent(r, p)}
ToUndo(r) == {p \in P : MaybeSent(r, p) /\ ~Undone(r, p) /\ p # Pivot}
ReadyCompensations(r) == {p \in ToUndo(r) : \A q \in ToUndo(r) : q <= p}

\* The end of the transaction, when the row calls for it: every branch must have acknowledged.
Settled(r) ==
  IF r.ack # P THEN r
  ELSE CASE r.st = "committing" -> [r EXCEPT !.st = "committed"]
         [] r.st = "aborting" -> [r EXCEPT !.st = "aborted"]
         [] r.st = "running" /\ (\A p \in P : r.res[p] = "done")
              -> [r EXCEPT !.st = "completed", !.cell[2] = "C"]
         [] r.st = "compensating" /\ ToUndo(r) = {} -> [r EXCEPT !.st = "compensated", !.cell[2] = "A"]
         [] OTHER -> r

\* What must be sent is a function of the row.
Outstanding(r) ==
     (IF r.st = "preparing" THEN {<<"PREPARE", p>> : p \in P} ELSE {})
  \cup (IF r.att > 0 /\ r.cell[1] = "C" THEN {<<"COMMIT", p>> : p \in P \ r.ack} ELSE {})
  \cup (IF r.att > 0 /\ r.cell[1] = "A" THEN {<<"ABORT", p>> : p \in P \ r.ack} ELSE {})
  \cup (IF r.st = "running" /\ ~r.demand THEN {<<"ACTION", p>> : p \in ReadyActions(r)} ELSE {})
  \cup (IF r.st = "running" /\ r.demand THEN {<<"SETTLE", Pivot>>} ELSE {})
  \cup (IF r.st = "compensating" THEN {<<"COMPENSATE", p>> : p \in ReadyCompensations(r)} ELSE {})

-----------------------------------------------------------------------------
(* Ledger and drivers. *)

Decisions(r) == {<<a, r.cell[a]>> : a \in {i \in {1, 2} : r.cell[i] # "-"}}

\* A durable change by driver d, computed from what it read.
Write(d, r) ==
  /\ WriteOnce => row = image[d]
  /\ row' = r
  /\ read' = read \cup Decisions(r)
  /\ image' = [image EXCEPT ![d] = r]
  /\ votes' = IF r.cell[1] # "-" THEN [votes EXCEPT ![d] = {}] ELSE votes

\* D1.  A BEGIN that comes again, or meets a tombstone, changes nothing.
Begin(d) ==
  /\ row = Blank /\ ~hold
  /\ row' = Begun /\ image' = [image EXCEPT ![d] = Begun]
  /\ UNCHANGED <<read, hold, votes, net, branches, faults>>

\* Takeover, or re-reading after a refused write.  Votes are not kept over a decision.
Load(d) ==
  /\ row # Blank /\ image[d] # row
  /\ image' = [image EXCEPT ![d] = row]
  /\ votes' = IF row.cell[1] # "-" THEN [votes EXCEPT ![d] = {}] ELSE votes
  /\ UNCHANGED <<ledger, net, branches, faults>>

\* First sends and re-sends; by a zombie, too: its image may be old.
Send(d) ==
  /\ ~(Outstanding(image[d]) \subseteq net)
  /\ net' = net \cup Outstanding(image[d])
  /\ UNCHANGED <<ledger, drivers, branches, faults>>

TakeVote(d, p) ==
  /\ <<"YES", p>> \in net /\ p \notin votes[d]
  /\ image[d] # Blank /\ image[d].cell[1] = "-"
  /\ votes' = [votes EXCEPT ![d] = @ \cup {p}]
  /\ UNCHANGED <<ledger, image, net, branches, faults>>

HasVotes(d) == IF EveryVote THEN votes[d] = P ELSE votes[d] # {}

\* D2.  The cell decides, not the state: votes of every branch, and nothing written yet.
DecideCommit(d) ==
  /\ image[d].cell[1] = "-" /\ HasVotes(d)
  /\ Write(d, [image[d] EXCEPT !.st = "committing", !.att = 1, !.cell[1] = "C"])
  /\ UNCHANGED <<hold, net, branches, faults>>

Undecided(d) == image[d].st = "preparing" /\ image[d].cell[1] = "-" /\ ~hold

\* A refusal, or an operator's force-abort.
DecideAbort(d) ==
  /\ Undecided(d)
  /\ Write(d, [image[d] EXCEPT !.st = "aborting", !.cell[1] = "A"])
  /\ UNCHANGED <<hold, net, branches, faults>>

\* D2f: a time-out or a NO that allows the fallback.  ABORT(1) and attempt 2 in one write.
DecideFallback(d) ==
  /\ Fallback /\ Undecided(d)
  /\ Write(d, [image[d] EXCEPT !.st = "running", !.att = 2, !.cell[1] = IF AbortBeforeFallback THEN "A" ELSE "-"])
  /\ UNCHANGED <<hold, net, branches, faults>>

\* D3/D4.
Unacknowledged(d, p) == image[d].att > 0 /\ image[d].cell[1] # "-" /\ p \notin image[d].ack

TakeAck(d, p) ==
  /\ Unacknowledged(d, p) /\ <<"ACK", p>> \in net
  /\ Write(d, Settled([image[d] EXCEPT !.ack = @ \cup {p}]))
  /\ UNCHANGED <<hold, net, branches, faults>>

\* The branch lost what it had promised: an operator must look.  (No rule of this module leads here.)
Quarantine(d, p) ==
  /\ Unacknowledged(d, p) /\ <<"LOST", p>> \in net
  /\ Write(d, [image[d] EXCEPT !.ack = @ \cup {p}, !.st = "quarantined"])
  /\ UNCHANGED <<hold, net, branches, faults>>

Compensating(r) == Settled([r EXCEPT !.st = "compensating", !.demand = FALSE])

\* RESULT of an action (a SETTLE of a pivot that ran is answered by its result).
TakeResult(d, p) ==
  LET r == image[d] IN
  /\ r.st = "running" /\ r.res[p] = "-" /\ MaybeSent(r, p)
  /\ \/ /\ <<"DONE", p>> \in net
        /\ Write(d, Settled([r EXCEPT !.res[p] = "done", !.demand = FALSE]))
     \/ /\ <<"FAILED", p>> \in net
        /\ Write(d, Compensating([r EXCEPT !.res[p] = "failed"]))
     \/ /\ r.demand /\ <<"NULLC", p>> \in net
        /\ Write(d, Compensating([r EXCEPT !.res[p] = "nullc"]))
  /\ UNCHANGED <<hold, net, branches, faults>>

\* RESULT of a compensation.
TakeUndone(d, p) ==
  LET r == image[d] IN
  /\ r.st = "compensating" /\ p \in ReadyCompensations(r)
  /\ \E m \in {<<"COMPED", "comp">>, <<"NULLC", "nullc">>, <<"FAILED", "failed">>} :
       /\ <<m[1], p>> \in net
       /\ Write(d, Settled([r EXCEPT !.res[p] = m[2]]))
  /\ UNCHANGED <<hold, net, branches, faults>>

\* The saga's deadline, or an operator.
DemandCompensation(d) ==
  LET r == image[d] IN
  /\ r.st = "running" /\ ~r.demand /\ ~PastPivot(r) /\ ReadyActions(r) # {}
  /\ IF SettlePivot /\ UnsettledPivot(r) THEN Write(d, [r EXCEPT !.demand = TRUE]) ELSE Write(d, Compensating(r))
  /\ UNCHANGED <<hold, net, branches, faults>>

\* An inquiry for a wholly unknown gtx: from a participant, an old one or a hostile one.  Without a plan (att = 0) there is
\* nobody to tell: who is prepared asks.
PlantTombstone ==
  /\ row = Blank /\ ~hold
  /\ row' = [Blank EXCEPT !.st = "aborted", !.cell[1] = "A"]
  /\ read' = read \cup {<<1, "A">>}
  /\ UNCHANGED <<hold, drivers, net, branches, faults>>

\* The inquiry of a participant in doubt about attempt 1, answered by any driver from the ledger's row.
AnswerInquiry(d, p) ==
  LET found == IF AbsenceIsNoAnswer \/ image[d] # Blank THEN row.cell[1] ELSE "A"
      answer == CASE found = "C" -> {<<"COMMIT", p>>} [] found = "A" /\ ~hold -> {<<"ABORT", p>>} [] OTHER -> {}
  IN /\ b1[p] = "prep" /\ p \notin dead
     /\ ~(answer \subseteq net)
     /\ net' = net \cup answer
     /\ UNCHANGED <<ledger, drivers, branches, faults>>

SendBeforePersist(d) ==
  /\ ~PersistThenSend /\ image[d].cell[1] = "-" /\ HasVotes(d)
  /\ net' = net \cup {<<"COMMIT", p>> : p \in P}
  /\ UNCHANGED <<ledger, drivers, branches, faults>>

-----------------------------------------------------------------------------
(* Participants. *)

Say(m) == net' = net \cup {m}
News(m) == m \notin net

Fresh(p) == <<"PREPARE", p>> \in net /\ p \notin dead /\ b1[p] = "none" /\ ~fenced[p]

PrepareWork(p, to, says) ==
  /\ b1' = [b1 EXCEPT ![p] = to]
  /\ net' = net \cup says
  /\ UNCHANGED <<ledger, drivers, s2, fenced, log, faults>>

PrepareYes(p) == Fresh(p) /\ PrepareWork(p, "prep", {<<"YES", p>>})
PrepareReadOnly(p) == Fresh(p) /\ ReadOnly /\ PrepareWork(p, "ro", {<<"YES", p>>})
PrepareExpired(p) == Fresh(p) /\ PrepareWork(p, "abo", {})

\* A PREPARE that comes again gets the same vote.
Revote(p) ==
  /\ <<"PREPARE", p>> \in net /\ p \notin dead
  /\ b1[p] \in {"prep", "ro"} /\ ~fenced[p] /\ News(<<"YES", p>>)
  /\ Say(<<"YES", p>>)
  /\ UNCHANGED <<ledger, drivers, branches, faults>>

CommitBranch(p) ==
  LET to == CASE b1[p] = "prep" -> "com" [] b1[p] = "none" -> "lost" [] OTHER -> b1[p]
      says == IF to \in {"com", "ro"} THEN <<"ACK", p>> ELSE <<"LOST", p>>
  IN /\ to # b1[p] \/ News(says)
     /\ b1' = [b1 EXCEPT ![p] = to]
     /\ Say(says)
     /\ UNCHANGED <<ledger, drivers, s2, fenced, log, faults>>

AbortBranch(p, tombstone) ==
  LET to == IF b1[p] \in {"none", "prep"} THEN (IF tombstone THEN "abo" ELSE "none") ELSE b1[p]
  IN /\ to # b1[p] \/ News(<<"ACK", p>>)
     /\ b1' = [b1 EXCEPT ![p] = to]
     /\ Say(<<"ACK", p>>)
     /\ UNCHANGED <<ledger, drivers, s2, fenced, log, faults>>

Commit(p) == <<"COMMIT", p>> \in net /\ p \notin dead /\ CommitBranch(p)
Abort(p) == <<"ABORT", p>> \in net /\ p \notin dead /\ AbortBranch(p, LeaveTombstone \/ b1[p] = "prep")

\* What happens when an outcome is looked up by gtx alone: the ABORT of attempt 1 undoes attempt 2.
MistakeAttempt(p) ==
  /\ ~OutcomeByAttempt /\ <<"ABORT", p>> \in net /\ s2[p] = "done"
  /\ s2' = [s2 EXCEPT ![p] = "comp"]
  /\ UNCHANGED <<ledger, drivers, net, b1, fenced, log, faults>>

\* A watchdog with the participant's database: carries out the decision it reads in the ledger.  "Dead" only saves effort.
FinishCommit(p) == OutsideFinisher /\ row.cell[1] = "C" /\ CommitBranch(p)
FinishAbort(p) == OutsideFinisher /\ row.cell[1] = "A" /\ ~hold /\ AbortBranch(p, OutsideTombstone)

\* R3: cancel, fence, guard row and handler in one local transaction.
Unacted(p) == <<"ACTION", p>> \in net /\ p \notin dead /\ s2[p] = "none" /\ b1[p] # "com"

Act(p, to, says) ==
  /\ b1' = [b1 EXCEPT ![p] = IF @ = "prep" /\ CancelPrepared THEN "abo" ELSE @]
  /\ fenced' = [fenced EXCEPT ![p] = RaiseFence]
  /\ s2' = [s2 EXCEPT ![p] = to]
  /\ log' = IF to = "done" THEN Append(log, <<"act", p>>) ELSE log
  /\ Say(says)
  /\ UNCHANGED <<ledger, drivers, faults>>

ActionDone(p) == Unacted(p) /\ Act(p, "done", <<"DONE", p>>)
ActionFailed(p) == Unacted(p) /\ (Pivot = 0 \/ p <= Pivot) /\ Act(p, "failed", <<"FAILED", p>>)

\* What a guard row says to whoever asks again.
Stored(p) == CASE s2[p] = "done" -> <<"DONE", p>> [] s2[p] = "comp" -> <<"COMPED", p>>
               [] s2[p] = "nullc" -> <<"NULLC", p>> [] OTHER -> <<"FAILED", p>>

RepeatResult(p) ==
  /\ s2[p] # "none" /\ p \notin dead /\ News(Stored(p))
  /\ \/ <<"ACTION", p>> \in net /\ s2[p] \in {"done", "failed"}
     \/ <<"SETTLE", p>> \in net
     \/ <<"COMPENSATE", p>> \in net /\ s2[p] # "done"
  /\ Say(Stored(p))
  /\ UNCHANGED <<ledger, drivers, branches, faults>>

Compensate(p) ==
  /\ <<"COMPENSATE", p>> \in net /\ p \notin dead /\ s2[p] = "done"
  /\ s2' = [s2 EXCEPT ![p] = "comp"]
  /\ log' = Append(log, <<"undo", p>>)
  /\ Say(<<"COMPED", p>>)
  /\ UNCHANGED <<ledger, drivers, b1, fenced, faults>>

\* COMPENSATE or SETTLE before the action: from now on the action is refused.
NullCompensate(p) ==
  /\ <<"COMPENSATE", p>> \in net \/ <<"SETTLE", p>> \in net
  /\ s2[p] = "none" /\ p \notin dead
  /\ s2' = [s2 EXCEPT ![p] = IF PlantActionKey THEN "nullc" ELSE "none"]
  /\ PlantActionKey \/ News(<<"NULLC", p>>)
  /\ Say(<<"NULLC", p>>)
  /\ UNCHANGED <<ledger, drivers, b1, fenced, log, faults>>

-----------------------------------------------------------------------------
(* Faults, and their end. *)

Crash(d) ==
  /\ Crashes /\ ~healed /\ image[d] # Blank
  /\ image' = [image EXCEPT ![d] = Blank] /\ votes' = [votes EXCEPT ![d] = {}]
  /\ UNCHANGED <<ledger, net, branches, faults>>

Lose(m) ==
  /\ Loses /\ ~healed
  /\ net' = net \ {m}
  /\ UNCHANGED <<ledger, drivers, branches, faults>>

Die(p) ==
  /\ Dies /\ ~healed /\ p \notin dead
  /\ dead' = dead \cup {p}
  /\ UNCHANGED <<ledger, drivers, net, branches, healed>>

Return(p) ==
  /\ ~healed /\ p \in dead
  /\ dead' = dead \ {p}
  /\ UNCHANGED <<ledger, drivers, net, branches, healed>>

\* A saga needs its participants; what is prepared can be ended without them, so there the dead may stay dead.
Heal ==
  /\ Heals /\ ~healed
  /\ healed' = TRUE /\ dead' = IF Fallback THEN {} ELSE dead
  /\ UNCHANGED <<ledger, drivers, net, branches>>

\* The ledger as it was before the decision, or before BEGIN; once, with every coordinator and watchdog stopped.
Consumed(p) == (<<"COMMIT", p>> \in net \/ <<"ABORT", p>> \in net) => b1[p] \notin {"none", "prep"}
Restore(r) ==
  /\ Restores /\ row.cell[1] # "-" /\ row.att >= r.att /\ <<"RESTORED", 0>> \notin net
  /\ DrainBeforeRestore => \A p \in P : Consumed(p)
  /\ row' = r /\ hold' = HoldAfterRestore
  /\ image' = [d \in Drivers |-> Blank] /\ votes' = [d \in Drivers |-> {}]
  /\ net' = {m \in net : OldVotesDoNotCount => m[1] # "YES"} \cup {<<"RESTORED", 0>>}
  /\ UNCHANGED <<read, branches, faults>>

\* The end of the hold: decisions carried out in the participants come back into the ledger.
Reconcile ==
  /\ hold /\ hold' = FALSE
  /\ row' = IF \E p \in P : b1[p] = "com"
            THEN [row EXCEPT !.st = IF row = Blank THEN "committed" ELSE "committing", !.cell[1] = "C"]
            ELSE row
  /\ UNCHANGED <<read, drivers, net, branches, faults>>

-----------------------------------------------------------------------------

\* Steps that are taken sooner or later, unless something else makes them pointless.
Progress ==
  \/ \E d \in Drivers :
       \/ Load(d) \/ Send(d) \/ DecideCommit(d) \/ DecideAbort(d) \/ DecideFallback(d)
       \/ \E p \in P : TakeVote(d, p) \/ TakeAck(d, p) \/ Quarantine(d, p) \/ TakeResult(d, p)
                    \/ TakeUndone(d, p) \/ AnswerInquiry(d, p)
  \/ \E p \in P :
       \/ PrepareYes(p) \/ PrepareReadOnly(p) \/ Revote(p) \/ Commit(p) \/ Abort(p) \/ FinishCommit(p) \/ FinishAbort(p)
       \/ ActionDone(p) \/ RepeatResult(p) \/ Compensate(p) \/ NullCompensate(p)

\* Steps that nobody owes: requests, hostile inquiries, refusals, deadlines, faults.
Chance ==
  \/ \E d \in Drivers : Begin(d) \/ DemandCompensation(d) \/ SendBeforePersist(d) \/ Crash(d)
  \/ \E p \in P : PrepareExpired(p) \/ ActionFailed(p) \/ MistakeAttempt(p) \/ Die(p) \/ Return(p)
  \/ \E m \in net : Lose(m)
  \/ PlantTombstone \/ Restore(Blank) \/ Restore(Begun) \/ Reconcile \/ Heal

Next == Progress \/ Chance

Spec == Init /\ [][Next]_vars

\* Every progress step changes something that never changes back, so it is enough that *some* possible one is taken.
FairSpec == Spec /\ WF_vars(Progress)
=============================================================================
