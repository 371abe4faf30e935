package main
import ("testing";"os";"time";"haidang/analytics";"context";"strconv";"fmt")
func TestTune(t *testing.T){
 seed,_:=strconv.ParseUint(os.Getenv("SEED"),10,64)
 days,_:=strconv.Atoi(os.Getenv("DAYS"))
 h,_:=time.ParseDuration(os.Getenv("HIST"))
 c:=&evaluateCmd{Days:days,Seed:seed,History:h,Start:time.Date(2026,3,2,0,0,0,0,time.UTC)}
r:=analytics.DefaultRule
 if os.Getenv("RULE")!="" { fmt.Sscan(os.Getenv("RULE"),&r.Threshold,&r.K,&r.N,&r.Release,&r.Calm) }
 b:=time.Now()
 e,err:=c.evaluate(context.Background(), r); if err!=nil{t.Fatal(err)}
 if os.Getenv("V")!="" { p:=0; _=p; for _,a:=range e.alarms { ok:=false; for _,f:=range e.labels { if f.Thing==a.Thing&&f.Property==a.Property&&!a.At.Before(f.From)&&!a.At.After(f.To.Add(analytics.Grace)){ok=true} }; if !ok { fmt.Println("FALSE",a); for _,f:=range e.labels { if f.Thing==a.Thing { fmt.Println("     ",f) } } } } }
 e.print(os.Stdout,c,time.Since(b)); fmt.Println()
}
