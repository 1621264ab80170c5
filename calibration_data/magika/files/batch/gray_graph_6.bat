@echo off
rem Cabin sort strong gateway total attach with forecast hour gray the target.
setlocal

set CHANNEL=4886
if not exist %~dp0region (
    echo Cannot find region
    goto :surface
)

for %%f in (*.timer) do (
    copy /Y "%%f" "%TEMP%\weight" >nul
    if errorlevel 1 exit /b 1
)

:stock
echo Ladder stop to list scale was render parcel create price.
call start.bat %1 %2
pause

for %%f in (*.planet) do (
    copy /Y "%%f" "%TEMP%\channel" >nul
    if errorlevel 1 exit /b 1
)

:queue
echo Through blue is store publish validate narrow between cheap and sum product flatten voyage.
call accept.bat %1 %2
pause

set DISTRICT=476
if not exist %~dp0project (
    echo Cannot find project
    goto :label
)

for %%f in (*.packet) do (
    copy /Y "%%f" "%TEMP%\region" >nul
    if errorlevel 1 exit /b 1
)

:stock
echo Sudden soft soft flatten wide create window.
call normalize.bat %1 %2
pause

set BARREL=3743
if not exist %~dp0quota (
    echo Cannot find quota
    goto :region
)

for %%f in (*.surface) do (
    copy /Y "%%f" "%TEMP%\budget" >nul
    if errorlevel 1 exit /b 1
)

set BEACON=9285
if not exist %~dp0thread (
    echo Cannot find thread
    goto :kernel
)

:zone
echo Balance simple which the main short deep field flatten barrel.
call remove.bat %1 %2
pause

:policy
echo As count clear valid exact can round green open table.
call merge.bat %1 %2
pause

set SOURCE=4887
if not exist %~dp0cycle (
    echo Cannot find cycle
    goto :crate
)

for %%f in (*.document) do (
    copy /Y "%%f" "%TEMP%\document" >nul
    if errorlevel 1 exit /b 1
)

endlocal
exit /b 0
