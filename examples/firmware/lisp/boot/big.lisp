; What a device might do while it boots: load a library, read its settings, check itself.
; It must fit the micro:bit's heap: what a check alone needed is set to nil when the check is over.

; --- Library ---

(define (> a b) (< b a))
(define (even? n) (= (mod n 2) 0))

(define (range from to)
  (if (< from to) (cons from (range (+ from 1) to)) nil))

(define (map f items)
  (if items (cons (f (first items)) (map f (rest items))) nil))

(define (fold f value items)
  (if items (fold f (f value (first items)) (rest items)) value))

(define (each f items)
  (while items
    (f (first items))
    (set! items (rest items))))

; --- Numbers: plain recursion, deep and wide ---

(define (fact n) (if (< n 2) 1 (* n (fact (- n 1)))))
(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))

(print "boot: 10! = " (fact 10) ", fib 9 = " (fib 9))

(set! fact nil)
(set! fib nil)

; --- Closures: a counter keeps its variable, a memo keeps a dictionary ---

(define (counter)
  (let (n 0)
    (lambda () (set! n (+ n 1)))))

(define (memoize f)
  (let (known (dict))
    (lambda (n)
      (or (get known n)
          (put! known n (f n))))))

(define ticks (counter))
(define square (memoize (lambda (n) (* n n))))
(define squares (map square (range 0 16)))
(each (lambda (n) (ticks) (square n)) (range 0 16))

(print "boot: " (fold + 0 squares) " after " (ticks) " ticks")

(set! memoize nil)
(set! square nil)

; --- Lists: merge sort ---

(define (split items a b)
  (if items
      (split (rest items) (cons (first items) b) a)
      (cons a b)))

(define (merge a b)
  (if (not a) b
      (if (not b) a
          (if (< (first b) (first a))
              (cons (first b) (merge a (rest b)))
              (cons (first a) (merge (rest a) b))))))

(define (sort items)
  (if (and items (rest items))
      (let (halves (split items nil nil))
        (merge (sort (first halves)) (sort (rest halves))))
      items))

(define (noise seed n)
  (if (= n 0) nil
      (cons (mod seed 97) (noise (mod (+ (* seed 41) 7) 1009) (- n 1)))))

(print "boot: " (sort (noise 5 16)))

(set! split nil)
(set! merge nil)
(set! sort nil)
(set! noise nil)

; --- Strings: two grow in turn, so that each is in the other's way and has to move ---

(define report (str "report:"))
(define notes (str "notes:"))
(each (lambda (n)
        (str-push! report " line " n)
        (if (even? n) (str-push! notes " " n)))
      (range 0 16))
(str-trim! report)
(print "boot: " (length report) " bytes of report, " notes)
(set! report nil)

; --- Dictionaries: count words, then a table that grows many times ---

(define counts (dict))
(each (lambda (word) (put! counts word (+ (get counts word 0) 1)))
      '(the cat sat on the mat and the dog sat on the cat))
(print "boot: " counts)
(set! counts nil)

(define config (dict))
(each (lambda (n) (put! config (str "key" n) n)) (range 0 14))
(print "boot: " (length config) " settings, key7 = " (get config "key7"))

; --- Arrays: grow by pushes, shrink by pops ---

(define samples (array))
(define n 0)
(while (< n 40)
  (push! samples (* n n))
  (set! n (+ n 1)))
(while (> (length samples) 6) (pop! samples))
(print "boot: " samples)

; --- Streams: some are forgotten, and closed by their finaliser ---

(define (use n)
  (let (stream (open "sensor"))
    (write stream n)
    (if (even? n) (close stream))
    n))
(each (lambda (n) (use n) (if (> (open-streams) 2) (gc))) (range 0 12))
(set! use nil)

; --- Errors are caught; what was allocated on the way is garbage ---

(define (risky n) (if (= n 3) (first n) (list n n)))
(print "boot: " (map (lambda (n) (try (risky n) 'failed)) (range 0 5)))
(set! risky nil)

; --- Tasks: closures made, run and dropped, until the heap has been through some collections ---

(define (task n)
  (lambda (x) (str "task " (+ x n))))

(define done 0)
(define (run tasks)
  (each (lambda (f) (set! done (+ done (length (f 10))))) tasks))

(each (lambda (round) (run (map task (range 0 7)))) (range 0 16))
(gc)
(print "boot: " done " characters by tasks, " (open-streams) " streams open")
(print "boot: " (ticks) " ticks, done")
