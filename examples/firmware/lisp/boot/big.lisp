; What a device might do while it boots: load a library, read its configuration, check itself.

; --- Library ---

(define (> a b) (< b a))
(define (inc n) (+ n 1))
(define (even? n) (= (mod n 2) 0))

(define (range from to)
  (if (< from to) (cons from (range (inc from) to)) nil))

(define (map f items)
  (if items (cons (f (first items)) (map f (rest items))) nil))

(define (filter keep? items)
  (if items
      (if (keep? (first items))
          (cons (first items) (filter keep? (rest items)))
          (filter keep? (rest items)))
      nil))

(define (fold f value items)
  (if items (fold f (f value (first items)) (rest items)) value))

(define (each f items)
  (while items
    (f (first items))
    (set! items (rest items))))

(define (reverse items)
  (fold (lambda (done item) (cons item done)) nil items))

(define (compose f g) (lambda (x) (f (g x))))

(define (join separator items)
  (let (text (str (first items)))
    (each (lambda (item) (str-push! text separator item)) (rest items))
    (str-trim! text)))

; --- Numbers: plain recursion, deep and wide ---

(define (fact n) (if (< n 2) 1 (* n (fact (- n 1)))))
(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))

(print "boot: 10! = " (fact 10) ", fib 9 = " (fib 9))

; --- Closures: a counter keeps its variable, a memo keeps a dictionary ---

(define (counter)
  (let (count 0)
    (lambda () (set! count (inc count)))))

(define (memoize f)
  (let (known (dict))
    (lambda (n)
      (or (get known n)
          (put! known n (f n))))))

(define ticks (counter))
(define square (memoize (lambda (n) (* n n))))
(define squares (map square (range 0 20)))
(each (lambda (n) (ticks) (square n)) (range 0 20))

(print "boot: " (fold + 0 squares) " after " (ticks) " ticks")

; --- Lists: merge sort ---

(define (split items left right)
  (if items
      (split (rest items) (cons (first items) right) left)
      (cons left right)))

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

(define (noise seed count)
  (if (= count 0) nil
      (cons (mod seed 97) (noise (mod (+ (* seed 41) 7) 1009) (- count 1)))))

(define sorted (sort (noise 5 18)))
(print "boot: " (join " " sorted))

; --- Strings: a report grows line by line; a second string in its way makes it move ---

(define report (str "report:"))
(define notes (str "notes:"))
(each (lambda (n)
        (str-push! report " line " n)
        (if (even? n) (str-push! notes " " n)))
      (range 0 16))
(str-trim! report)
(print "boot: " (length report) " bytes of report, " notes)

; --- Dictionaries: count words, then a table that grows many times ---

(define words '(the cat sat on the mat and the dog sat on the cat))
(define counts (dict))
(each (lambda (word) (put! counts word (inc (get counts word 0)))) words)
(print "boot: " counts)

(define settings (dict))
(each (lambda (n) (put! settings (str "key" n) n)) (range 0 18))
(print "boot: " (length settings) " settings, key7 = " (get settings "key7"))

; --- Arrays: grow by pushes, shrink by pops ---

(define samples (array))
(each (lambda (n) (push! samples (* n n))) (range 0 40))
(while (> (length samples) 6) (pop! samples))
(print "boot: " samples)

; --- Streams: some are forgotten, and closed by their finaliser ---

(define (use-stream n)
  (let (stream (open "sensor"))
    (write stream n)
    (if (even? n) (close stream))
    n))
(each (lambda (n) (use-stream n) (if (> (open-streams) 2) (gc))) (range 0 12))

; --- Errors are caught; what was allocated on the way is garbage ---

(define (risky n) (if (= n 3) (first n) (list n n)))
(print "boot: " (map (lambda (n) (try (risky n) 'failed)) (range 0 5)))

; --- A queue of tasks: closures made, run and dropped until the heap has been through some collections ---

(define (make-task n)
  (compose (lambda (x) (str "task " x)) (lambda (x) (+ x n))))

(define done 0)
(define (run-tasks tasks)
  (each (lambda (task) (set! done (+ done (length (task 10))))) tasks))

(each (lambda (round) (run-tasks (map make-task (range 0 7)))) (range 0 12))
(gc)
(print "boot: " done " characters by tasks, " (open-streams) " streams open")
(print "boot: done")
