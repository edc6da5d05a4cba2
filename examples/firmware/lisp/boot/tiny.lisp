; A handful of heap events, for links that are slow.

(define (twice x) (+ x x))
(twice 21)
