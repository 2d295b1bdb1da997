------------------------ MODULE ConcordatProperties ------------------------
(* What must hold of Concordat.tla; the names are the guarantees of the protocol. *)
EXTENDS Concordat, TLC

Same == Permutations(Drivers)

\* Every branch commits, or none does; and no saga effect stands beside a commit.
G1_AtomicOutcome ==
  /\ (\E p \in P : b1[p] = "com") => \A q \in P : b1[q] \in {"com", "prep", "ro"} /\ s2[q] = "none"
  /\ row.st = "committed" /\ row.att > 0 => \A p \in P : b1[p] \in {"com", "ro"}

\* A decision that could be read never changes, and nothing is carried out that was not decided.
G2_DecisionStable ==
  /\ \A x, y \in read : x[1] = y[1] => x = y
  /\ (\E p \in P : b1[p] = "com") => <<1, "C">> \in read
  /\ (\E p \in P : s2[p] # "none") => <<1, "A">> \in read

\* One effect on commit, none on abort, and never a reservation of attempt 1 beside an effect of attempt 2.
Effects(p) == (IF b1[p] = "com" THEN 1 ELSE 0) + (IF s2[p] = "done" THEN 1 ELSE 0)
G5_ExactlyOnce ==
  /\ \A p \in P : Effects(p) <= 1 /\ ~(b1[p] = "prep" /\ s2[p] = "done")
  /\ row.st \in {"aborted", "compensated"} => \A p \in P : Effects(p) = 0

\* Actions in plan order, compensations in reverse, each once, only of what ran; the end says what is there.
Acts == SelectSeq(log, LAMBDA e : e[1] = "act")
Undos == SelectSeq(log, LAMBDA e : e[1] = "undo")
G6_SagaOrder ==
  /\ \A i, j \in DOMAIN Acts : i < j => Acts[i][2] < Acts[j][2]
  /\ \A i, j \in DOMAIN Undos : i < j => Undos[i][2] > Undos[j][2]
  /\ \A i, j \in DOMAIN log : log[i][1] = "undo" /\ log[j][1] = "act" => j < i
  /\ \A i \in DOMAIN Undos : \E j \in DOMAIN Acts : Acts[j][2] = Undos[i][2]
  /\ row.st = "completed" => \A p \in P : s2[p] = "done"
  /\ row.st = "compensated" => \A p \in P : s2[p] # "done"

\* Nothing stale changes anything: behind an action and its fence, or after an acknowledged end, nothing is prepared.
G7_StaleHarmless ==
  /\ \A p \in P : b1[p] = "prep" => ~fenced[p] /\ s2[p] \in {"none", "nullc"}
  /\ row.st \in Ended /\ row.att > 0 => \A p \in P : b1[p] = "prep" => p \notin row.ack
  /\ row.cell[1] = "C" => \A p \in P : b1[p] # "lost"

\* Once faults end, the transaction ends, and nothing stays in doubt.
Terminal == row.st \in Ended \cup {"none"} /\ \A p \in P : b1[p] # "prep"
G4_Terminal == healed ~> Terminal
G4_StaysTerminal == (healed /\ Terminal /\ row # Blank) ~> [](Terminal)
=============================================================================
