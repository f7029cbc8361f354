wrk.method = "POST"
wrk.body = '{"user":"mia","basket":[1,2,3],"note":"' .. string.rep("x", 80) .. '"}'
wrk.headers["Content-Type"] = "application/json"
